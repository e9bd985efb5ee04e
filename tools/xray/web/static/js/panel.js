// The report beside the film: how it stands, what went wrong, what was read, what can be taken away.

import { cephPanel, cephPaper } from "./ceph/panel.js";
import { $, h, icon, show } from "./dom.js";
import { current, film, filmSize, grey, kind, layersForPaper } from "./film.js";
import { dateTime, onLanguage, t } from "./i18n.js";
import { chip } from "./list.js";
import { panoPanel } from "./pano/panel.js";
import { linkTo, progress } from "./progress.js";
import { entry, on, state, tell } from "./state.js";
import { compose, download, layersAsSvg } from "./viewer/picture.js";
import { explained, filmName } from "./words.js";

function problem(error, again) {
  const { words, code, detail, requestId } = explained(error);
  return h("div", { class: "problem", role: "alert" },
    h("p", {}, h("b", {}, words)),
    detail ? h("p", {}, detail) : null,
    h("p", {}, h("small", {}, [code ? t("error.code", { code }) : null, requestId ? t("error.request", { id: requestId }) : null].filter(Boolean).join(" · "))),
    again ? h("button", { type: "button", "data-key": "retry", onclick: again }, t("act.retry")) : null);
}

function head(one) {
  const about = [one.taskType ? t(`type.${one.taskType}`) : null, one.createdAt ? dateTime(one.createdAt) : null].filter(Boolean).join(" · ");
  return h("header", { class: "head" },
    h("h2", {}, filmName(one)), chip(one), h("p", {}, about), h("p", { class: "id" }, one.taskId));
}

function fileName(one, ending) {
  return `${one.taskId}${film.correction.any ? "-corrected" : ""}${ending}`;
}

function document_(one) {
  const { detail } = one;
  const report = { taskId: one.taskId, data: current(), error: detail.error, models: detail.models, provider: detail.provider };
  if (film.correction.any)
    report.correction = film.report.landmarks
      .filter(({ abbreviation }) => abbreviation in film.correction.moved)
      .map(({ abbreviation, x, y }) => ({ abbreviation, from: [x, y], to: film.correction.moved[abbreviation] }));
  return report;
}

function takeJson(one) {
  download(new Blob([JSON.stringify(document_(one), null, 2)], { type: "application/json" }), fileName(one, ".json"));
}

async function takePicture(one) {
  const lines = [t("notice.short"), models(one)];
  if (film.correction.any) lines.push(t("corrected.note", { points: Object.keys(film.correction.moved).join(", ") }));
  const picture = await compose({ film: film.address, size: filmSize(), grey: grey(), layers: layersForPaper(), lines });
  download(picture, fileName(one, ".png"));
}

function actions(one) {
  const button = (key, name, work) => h("button", { type: "button", "data-key": key, onclick: () => work(one) }, icon(name), t(`take.${key}`));
  const { links } = one.detail;
  return h("div", { class: "row take" },
    button("json", "down", takeJson), button("picture", "image", takePicture), button("print", "print", () => print()),
    ["overlay", "result"].map((name) => (links?.[name] ? linkTo(one.taskId, name, links[name]) : null)));
}

function models(one) {
  const served = Object.entries(one.detail?.models ?? {}).map(([name, version]) => `${name} ${version}`);
  return [...served, one.detail?.provider].filter(Boolean).join(" · ");
}

function body(one) {
  if (one.phase === "refused" || one.phase === "gone") return [problem(one.error, one.again)];
  if (!one.detail) return [h("p", { class: "hint" }, t("waiting"))];
  const read = kind() === "ceph" ? cephPanel() : kind() === "pano" ? panoPanel() : film.report
    ? [h("pre", {}, JSON.stringify(film.report, null, 2))] : [];
  const { error } = one.detail;
  return [
    progress(one.detail),
    one.error ? problem(one.error) : null,
    error ? problem({ ...error, message: error.message, status: 200 }) : null,
    one.detail.data ? actions(one) : null,
    h("div", { class: "read" }, read),
    one.detail.data ? h("p", { class: "source" }, t("models.served", { models: models(one) })) : null,
  ];
}

function render() {
  const one = state.selected ? entry(state.selected) : null;
  show($("report"), one ? [head(one), ...body(one)] : h("p", { class: "hint" }, t("report.empty")));
  paper(one);
}

// What is printed stands ready at any time: nothing can be awaited once the print begins.
function paper(one) {
  const place = $("paper");
  if (!one?.detail?.data || !kind()) return place.replaceChildren();
  const size = filmSize();
  const drawing = layersAsSvg(layersForPaper(), size, size[0] > size[1] ? 1 / 900 : 1 / 640);
  drawing.removeAttribute("width");
  drawing.removeAttribute("height");
  const image = film.address ? h("img", { src: film.address, alt: "" }) : null;
  if (image) {
    const { brightness, contrast, invert } = grey();
    image.style.filter = `invert(${invert ? 1 : 0}) brightness(${brightness}) contrast(${contrast})`;
  }
  const moved = Object.keys(film.correction.moved);
  place.replaceChildren(
    h("h1", {}, t(`paper.${kind()}`)),
    h("p", { class: "not-diagnosis" }, t("notice.full")),
    h("p", {}, [filmName(one), dateTime(one.completedAt ?? one.createdAt), one.taskId].join(" · ")),
    h("p", { class: "models" }, t("models.served", { models: models(one) })),
    moved.length ? h("p", {}, t("corrected.note", { points: moved.join(", ") })) : "",
    h("figure", { class: size[0] > size[1] ? "film wide" : "film" }, image ?? "", drawing),
    h("div", { class: "read" }, ...(kind() === "ceph" ? cephPaper() : panoPanel(true)).flat(Infinity).filter(Boolean)));
}

export function startPanel() {
  for (const what of ["report", "entry", "selected", "chosen"]) on(what, render);
  on("paper", () => paper(state.selected ? entry(state.selected) : null));
  document.addEventListener("panel", render);
  addEventListener("beforeprint", () => paper(state.selected ? entry(state.selected) : null));
  onLanguage(render);
  render();
  tell("list");
}
