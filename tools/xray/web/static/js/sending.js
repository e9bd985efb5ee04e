// The form that sends films: chosen or dropped, several at once, each with its type.

import * as api from "./api.js";
import { $, h, icon, show } from "./dom.js";
import { duration, language, onLanguage, t } from "./i18n.js";
import { put, state, tell } from "./state.js";
import { keep } from "./store.js";
import { explained } from "./words.js";

const WIDE = 1.5; // a film this much wider than high is taken for a panoramic
const POSTS_AT_ONCE = 3;

let staged = []; // {key, film, taskType}
const outgoing = [];
let posting = 0;

function uuid4() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// By its shape where the browser can show it, else the type that was sent last.
async function guessType(film) {
  const remembered = localStorage.getItem("taskType") ?? "ceph";
  try {
    const picture = await createImageBitmap(film);
    const type = picture.width >= WIDE * picture.height ? "pano" : "ceph";
    picture.close();
    return type;
  } catch {
    return remembered;
  }
}

async function stage(files) {
  // One after the other: a large film takes much memory while its shape is looked at.
  for (const film of [...files]) {
    const taskType = await guessType(film);
    staged = [...staged, { key: uuid4(), film, taskType }];
    render();
  }
  if (files.length) $("send").focus();
}

function size(bytes) {
  const megabytes = bytes / 1e6;
  const shown = megabytes < 1 ? bytes / 1e3 : megabytes;
  return `${shown.toLocaleString(language(), { maximumFractionDigits: 1 })} ${megabytes < 1 ? "kB" : "MB"}`;
}

function row(one) {
  const choose = h("select", {
    "aria-label": t("send.typeOf", { film: one.film.name }), "data-key": `type-${one.key}`,
    onchange: (event) => { one.taskType = event.target.value; options(); },
  }, ["ceph", "pano"].map((type) => h("option", { value: type, selected: type === one.taskType }, t(`type.${type}`))));
  return h("li", {},
    h("span", { class: "name", title: one.film.name }, one.film.name),
    h("small", {}, size(one.film.size)), choose,
    h("button", {
      type: "button", class: "bare", "aria-label": t("send.remove", { film: one.film.name }),
      onclick: () => { staged = staged.filter((other) => other !== one); render(); $("choose").focus(); },
    }, icon("close")));
}

function options() {
  $("sex-field").hidden = !staged.some(({ taskType }) => taskType === "ceph");
  $("sending-options").hidden = staged.length === 0;
}

function render() {
  show($("staged"), staged.map(row));
  $("send").hidden = staged.length === 0;
  $("send").textContent = staged.length === 1 ? t("send.one") : t("send.many", { n: staged.length });
  options();
}

function fieldsOf(taskType) {
  const fields = { taskType, callbackUrl: $("callback-url").value.trim() };
  const spacing = $("pixel-spacing").value.trim();
  if (spacing) fields.pixelSpacing = spacing;
  if (taskType === "ceph" && $("sex").value) fields.sex = $("sex").value;
  if ($("priority").checked) fields.priority = "high";
  return fields;
}

async function post(job) {
  const { taskId } = job.fields;
  put(taskId, { phase: "sending", error: null });
  tell("list");
  try {
    await api.analyze(job.film, job.fields, (phase) => { put(taskId, { phase }); tell("list"); });
    put(taskId, { phase: "sent", status: "pending" });
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    // A repeat of a post whose answer was lost: the service has it.
    if (error.code === 10002) put(taskId, { phase: "sent", status: "pending" });
    else if (error.status === 429 && error.retryAfter) {
      put(taskId, { phase: "held" });
      setTimeout(() => enqueue(job), 1000 * Number(error.retryAfter));
    } else put(taskId, { phase: "refused", error, again: () => enqueue(job) });
  }
  tell("list");
  tell("entry");
}

async function next() {
  if (posting >= POSTS_AT_ONCE || !outgoing.length) return;
  posting += 1;
  try {
    await post(outgoing.shift());
  } finally {
    posting -= 1;
    next();
  }
}

function enqueue(job) {
  put(job.fields.taskId, { phase: "ready", error: null });
  outgoing.push(job);
  tell("list");
  next();
}

async function send(event) {
  event.preventDefault();
  const address = $("callback-url").value.trim();
  if (address === state.config.callbackUrl) localStorage.removeItem("callbackUrl");
  else localStorage.setItem("callbackUrl", address);
  const going = staged;
  staged = [];
  for (const { film, taskType } of going) {
    const fields = { taskId: uuid4(), ...fieldsOf(taskType) };
    localStorage.setItem("taskType", taskType);
    const record = { taskId: fields.taskId, name: film.name, film, moved: {} };
    put(fields.taskId, { phase: "ready", name: film.name, taskType, chosenAt: new Date().toISOString() });
    await keep(record);
    enqueue({ film, fields });
  }
  render();
  $("choose").focus();
  if (going.length) location.hash = `#/film/${[...state.entries.keys()].at(-going.length)}`;
}

// A test callback now: whether the receiver can be reached is known before a film is sent.
async function tryReceiver() {
  $("tried").textContent = "";
  let said;
  try {
    const came = await api.testCallback($("callback-url").value.trim());
    const answer = came.status ? `HTTP ${came.status}` : came.error ?? "–";
    const time = Number.isFinite(came.latencyMs) ? duration(came.latencyMs) : "–";
    said = t(came.delivered ? "send.tried" : "send.triedInVain", { answer, time });
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    const { words, code, detail } = explained(error);
    said = [words, code ? `(${code})` : null, detail].filter(Boolean).join(" ");
  }
  $("tried").textContent = said;
}

function dropping() {
  let depth = 0;
  const mark = (on) => document.body.classList.toggle("dropping", on);
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => { if (hasFiles(event)) { depth += 1; mark(true); } });
  addEventListener("dragleave", (event) => { if (hasFiles(event)) { depth -= 1; mark(depth > 0); } });
  addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    mark(false);
    document.body.dataset.pane = "films";
    stage([...event.dataTransfer.files]);
  });
}

export function startSending() {
  $("callback-url").value = localStorage.getItem("callbackUrl") ?? state.config.callbackUrl;
  $("choose").addEventListener("change", (event) => { stage([...event.target.files]); event.target.value = ""; });
  $("sending").addEventListener("submit", send);
  $("own-receiver").addEventListener("click", () => { $("callback-url").value = state.config.callbackUrl; });
  $("try-receiver").addEventListener("click", tryReceiver);
  $("own-receiver").hidden = !state.config.callbackUrl;
  dropping();
  onLanguage(render);
  render();
}
