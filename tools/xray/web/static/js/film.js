// The chosen film: its picture, its report, what was put right by hand, and how it is looked at.

import { Correction, correct } from "./ceph/correction.js";
import { CEPH_LAYERS, cephLayers } from "./ceph/layers.js";
import { $, h, icon, show } from "./dom.js";
import { onLanguage, t } from "./i18n.js";
import { PANO_LAYERS, boxOf, panoLayers } from "./pano/layers.js";
import { regionOf } from "./pano/status.js";
import { linkTo } from "./progress.js";
import { FINAL, entry, on, state, tell } from "./state.js";
import { keep, kept } from "./store.js";
import { Viewer } from "./viewer/viewer.js";
import { filmName, landmarkName } from "./words.js";

const CAN_SHOW = /\.(jpe?g|png|bmp)$/i;

export const film = {
  record: null, // what this browser keeps of it
  address: null, // of its picture, where the browser can show it
  size: null, // of that picture
  report: null, // as the service gave it
  correction: new Correction(),
  chosen: null, // a landmark's abbreviation or a tooth's number
  lines: [], // of the measurement that is being read
};

const shown = new Set([...CEPH_LAYERS, ...PANO_LAYERS].filter((name) => name !== "tracing"));
let viewer;
let dragged = null;

export function kind() {
  if (film.report?.landmarks) return "ceph";
  return film.report?.teeth ? "pano" : null;
}

export function current() {
  return kind() === "ceph" ? correct(film.report, film.correction.moved, state.definitions.ceph) : film.report;
}

export function grey() {
  return viewer.grey;
}

// What is drawn, for the stage, the print and the picture alike.
export function layersOf(only = shown) {
  const report = current();
  return (place, unit) => {
    if (kind() === "ceph") {
      const original = film.correction.any ? film.report : null;
      const stage = only === shown;
      return cephLayers(report, { place, unit, shown: only, original, chosen: stage ? film.chosen : null, lines: stage ? film.lines : [] });
    }
    return kind() === "pano" ? panoLayers(report, { place, unit, shown: only, chosen: only === shown ? film.chosen : null }) : [];
  };
}

export function layersForPaper() {
  return layersOf(new Set(shown));
}

export function filmSize() {
  const { width, height } = film.report?.image ?? {};
  return width ? [width, height] : film.size ?? [1000, 1000];
}

// --- choosing and moving landmarks

export function choose(name, { centre = false } = {}) {
  film.chosen = name;
  if (centre && name !== null) {
    if (kind() === "ceph") {
      const one = current().landmarks.find(({ abbreviation }) => abbreviation === name);
      const [x, y] = viewer.view.toScreen([one.x, one.y]), [width, height] = viewer.view.stage;
      if (x < 20 || y < 20 || x > width - 20 || y > height - 20) viewer.view.centre([one.x, one.y]);
    } else {
      const box = boxOf(film.report, name);
      if (box) viewer.view.frame(box, 4);
    }
  }
  viewer.draw();
  say();
  tell("chosen");
}

export function highlight(lines) {
  film.lines = lines;
  viewer.draw();
}

export function lookAt(region) {
  const xs = region.map(([x]) => x), ys = region.map(([, y]) => y);
  viewer.change(() => viewer.view.frame([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], 5));
}

function say() {
  const one = kind() === "ceph" && current().landmarks.find(({ abbreviation }) => abbreviation === film.chosen);
  $("spoken").textContent = one
    ? t("point.at", { name: landmarkName(one), x: one.x.toFixed(1), y: one.y.toFixed(1) }) : "";
}

function inside([x, y]) {
  const [width, height] = filmSize();
  const clamp = (value, most) => Math.round(10 * Math.min(most, Math.max(0, value))) / 10;
  return [clamp(x, width - 1), clamp(y, height - 1)];
}

function moveTo(name, point) {
  const before = film.report.landmarks.find(({ abbreviation }) => abbreviation === name);
  const at = inside(point);
  film.correction.move(name, at);
  if (at[0] === before.x && at[1] === before.y) {
    const { [name]: _, ...others } = film.correction.moved;
    film.correction.moved = others;
  }
}

async function keepCorrection() {
  const { taskId } = entry(state.selected) ?? {};
  if (!taskId) return;
  film.record = { taskId, name: null, film: null, ...film.record, moved: film.correction.moved };
  await keep(film.record);
}

function corrected() {
  viewer.draw();
  say();
  tell("report");
  keepCorrection();
}

export function undo() {
  if (film.correction.undo()) corrected();
}

export function redo() {
  if (film.correction.redo()) corrected();
}

export function reset() {
  film.correction.reset();
  corrected();
}

const hooks = {
  layers: (place, unit) => layersOf()(place, unit),
  pointAt([x, y], near) {
    if (kind() !== "ceph" || !shown.has("landmarks")) return null;
    const distances = current().landmarks.map((one) => {
      const [atX, atY] = viewer.view.toScreen([one.x, one.y]);
      return [Math.hypot(atX - x, atY - y) - (one.abbreviation === film.chosen ? 6 : 0), one.abbreviation];
    });
    const [distance, name] = distances.reduce((best, one) => (one[0] < best[0] ? one : best));
    return distance <= near ? name : null;
  },
  hold(name) {
    choose(name);
    const one = current().landmarks.find(({ abbreviation }) => abbreviation === name);
    film.correction.begin();
    dragged = [one.x, one.y];
  },
  drag(name, _, from, to) {
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) < 2) return;
    const { scale } = viewer.view;
    moveTo(name, [dragged[0] + (to[0] - from[0]) / scale, dragged[1] + (to[1] - from[1]) / scale]);
    tell("report");
  },
  release() {
    film.correction.end();
    corrected();
  },
  tap(point) {
    if (kind() === "pano") {
      const hit = film.report.teeth.find((tooth) => holds(regionOf(tooth), point));
      choose(hit?.id ?? null);
    } else if (film.chosen) choose(null);
  },
  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      event.preventDefault();
      if (event.shiftKey) redo();
      else undo();
      return true;
    }
    if (kind() !== "ceph" || event.ctrlKey || event.metaKey) return false;
    return ceph(event);
  },
};

function ceph(event) {
  const names = film.report.landmarks.map(({ abbreviation }) => abbreviation);
  const step = { n: 1, p: -1 }[event.key];
  if (step) {
    const next = film.chosen ? names.indexOf(film.chosen) + step : step > 0 ? 0 : -1;
    choose(names.at(next % names.length), { centre: true });
    return true;
  }
  if (!film.chosen) return false;
  if (event.key === "Escape") {
    choose(null);
    return true;
  }
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (!arrows[event.key]) return false;
  event.preventDefault();
  nudge(arrows[event.key].map((way) => way * (event.shiftKey ? 10 : event.altKey ? 0.2 : 1)));
  return true;
}

export function nudge([dx, dy]) {
  const one = current().landmarks.find(({ abbreviation }) => abbreviation === film.chosen);
  film.correction.begin();
  moveTo(film.chosen, [one.x + dx, one.y + dy]);
  film.correction.end();
  corrected();
}

function holds(region, [x, y]) {
  let within = false;
  for (let index = 0, last = region.length - 1; index < region.length; last = index, index += 1) {
    const [x1, y1] = region[index], [x2, y2] = region[last];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) within = !within;
  }
  return within;
}

// --- the film's picture

async function pictureOf(blob) {
  if (!blob) return null;
  const address = URL.createObjectURL(blob);
  const image = new Image();
  image.src = address;
  try {
    await image.decode();
    return { address, size: [image.naturalWidth, image.naturalHeight] };
  } catch {
    URL.revokeObjectURL(address);
    return null;
  }
}

async function setPicture(blob) {
  const picture = await pictureOf(blob);
  const before = film.address;
  // Not at once: an image on the page may still be loading it.
  if (before) setTimeout(() => URL.revokeObjectURL(before), 10_000);
  film.address = picture?.address ?? null;
  film.size = picture?.size ?? null;
}

async function add(files) {
  const [blob] = files;
  if (!blob) return;
  const { taskId } = entry(state.selected);
  film.record = { moved: {}, ...film.record, taskId, name: film.record?.name ?? blob.name, film: blob };
  await keep(film.record);
  await setPicture(blob);
  const one = entry(taskId);
  if (one && !one.name) one.name = blob.name;
  tell("list");
  refresh();
}

async function select() {
  const taskId = state.selected;
  // Nothing of the film before may stand under the name of this one.
  Object.assign(film, { record: null, report: null, correction: new Correction(), chosen: null, lines: [] });
  const record = taskId ? await kept(taskId) : null;
  if (taskId !== state.selected) return;
  film.record = record;
  film.correction = new Correction(record?.moved ?? {});
  await setPicture(record?.film);
  if (taskId === state.selected) refresh();
}

function refresh() {
  const one = state.selected ? entry(state.selected) : null;
  const data = one?.detail?.data ?? null;
  if (JSON.stringify(data) !== JSON.stringify(film.report)) film.report = data;
  $("stage-empty").hidden = Boolean(one);
  $("stage").hidden = !one;
  $("tools").hidden = !one;
  if (!one) return tell("report");
  viewer.open(film.address, filmSize());
  viewer.draw();
  $("stage").setAttribute("aria-label", t("stage.label", { film: filmName(one) }));
  notice(one);
  layerSwitches();
  tell("report");
}

// What keeps the picture from being what was read.
function notice(one) {
  const place = $("stage-notice");
  const { width, height } = film.report?.image ?? {};
  const differs = film.size && width && (film.size[0] !== width || film.size[1] !== height);
  const missing = !film.address;
  place.hidden = (!missing && !differs) || one.phase === "refused" || one.phase === "gone";
  if (place.hidden) return;
  const cannot = film.record?.film && !CAN_SHOW.test(film.record.name ?? "");
  const choice = h("input", { type: "file", id: "add-film", class: "hidden-input", onchange: (event) => add(event.target.files) });
  const overlay = one.detail?.links?.overlay;
  show(place,
    h("p", {}, t(differs ? "notice.differs" : cannot ? "notice.cannotShow" : kind() ? "notice.notHere" : "notice.noPicture")),
    (!cannot || differs) && h("p", {}, h("label", { class: "button", for: "add-film" }, t("notice.add")), choice),
    overlay && h("p", {}, linkTo(one.taskId, "overlay", overlay)));
}

// --- the tools

function layerSwitches() {
  const names = kind() === "ceph" ? CEPH_LAYERS : kind() === "pano" ? PANO_LAYERS : [];
  $("layers-field").hidden = !names.length;
  show($("layers"), names.map((name) => h("label", {},
    h("input", {
      type: "checkbox", "data-key": `layer-${name}`, checked: shown.has(name),
      onchange: (event) => {
        if (event.target.checked) shown.add(name);
        else shown.delete(name);
        viewer.draw();
        tell("paper");
      },
    }), t(`layer.${name}`))));
}

function tools() {
  const on_ = (id, work) => $(id).addEventListener("click", () => viewer.change(work));
  on_("zoom-in", () => viewer.view.zoom(1.4));
  on_("zoom-out", () => viewer.view.zoom(1 / 1.4));
  on_("zoom-fit", () => viewer.view.fit());
  for (const name of ["brightness", "contrast"])
    $(name).addEventListener("input", (event) => viewer.change(() => { viewer.grey[name] = Number(event.target.value); }));
  $("invert").addEventListener("click", () => invert(!viewer.grey.invert));
  $("grey-reset").addEventListener("click", () => {
    for (const name of ["brightness", "contrast"]) { viewer.grey[name] = 1; $(name).value = 1; }
    invert(false);
  });
  $("stage").addEventListener("drawn", ({ detail }) => { $("zoom-level").textContent = `${Math.round(100 * detail.scale)} %`; });
}

function invert(on_) {
  viewer.change(() => { viewer.grey.invert = on_; });
  $("invert").setAttribute("aria-pressed", String(on_));
}

export function startFilm() {
  viewer = new Viewer($("stage"), hooks);
  $("invert").append(icon("invert"));
  tools();
  on("selected", select);
  on("entry", () => {
    const one = entry(state.selected);
    if (one && (FINAL.has(one.detail?.status) || !film.report)) refresh();
  });
  onLanguage(refresh);
  refresh();
}
