// The report of a cephalogram: what it means together, every measurement beside its norm, landmarks.

import { h, icon } from "../dom.js";
import { choose, current, film, highlight, nudge, redo, reset, undo } from "../film.js";
import { gauge } from "../gauge.js";
import { number, signed, t, term } from "../i18n.js";
import { state } from "../state.js";
import { difference, quantity, sure } from "../words.js";
import { linesOf } from "./measure.js";

let opened = null; // the measurement whose lines are shown

function fact(label, value, before) {
  return h("div", { class: "fact" }, h("dt", {}, label),
    h("dd", {}, value, before !== value && before !== undefined ? h("small", {}, t("was", { value: before })) : null));
}

function facts(report) {
  const before = film.report;
  const spacing = report.image?.pixelSpacing;
  const growth = (one) => (one.growthPattern ? t(`growth.${one.growthPattern}`) : "–");
  return h("dl", { class: "facts" },
    fact(t("fact.class"), report.skeletalClass ?? "–", before.skeletalClass ?? "–"),
    fact(t("fact.growth"), growth(report), growth(before)),
    fact(t("fact.scale"), spacing ? t("fact.mmPerPixel", { n: number(spacing[0], 3) }) : t("fact.noScale")));
}

function usual(one, definition) {
  if (definition?.bands) {
    const index = definition.bands.findIndex((band) => band.class === 1);
    const [low, high] = [definition.bands[index - 1].end, definition.bands[index].end];
    return { low, high, middle: (low + high) / 2, half: (high - low) / 2, words: `${plain(low)}–${plain(high)}` };
  }
  if (!one.range) return null;
  const [low, high] = one.range;
  if (one.norm !== null && one.sd !== null)
    return { low, high, middle: one.norm, half: one.sd, words: `${plain(one.norm)} ± ${plain(one.sd)}` };
  return { low, high, middle: (low + high) / 2, half: (high - low) / 2, words: `${plain(low)}–${plain(high)}` };
}

function plain(value) {
  return String(value).replace("-", "−");
}

function reading(one, usually) {
  if (!one.reading) return null;
  const way = one.value > usually.high ? 1 : one.value < usually.low ? -1 : 0;
  return h("small", { class: way ? "reading beyond" : "reading" },
    way ? h("span", { "aria-hidden": "true" }, way > 0 ? "▲ " : "▼ ") : null, term(one.reading));
}

function row(one, before, definition, key, onPaper) {
  const usually = usual(one, definition);
  const changed = film.correction.any;
  const id = `explain-${key.replace(/[^\w-]/g, "_")}`;
  const open = opened === key;
  const words = [quantity(one.value, one.unit), usually && t("norm.is", { norm: usually.words }),
    one.z !== null && one.z !== undefined ? `z ${signed(one.z, 1)}` : null].filter(Boolean).join(", ");
  const moved = changed && before.value !== one.value;
  return [
    h("tr", { class: moved ? "moved" : null },
      h("th", { scope: "row" },
        onPaper ? term(one.name) : h("button", {
          type: "button", class: "bare measure", "aria-expanded": String(open), "aria-controls": id, "data-key": key,
          onclick: () => toggle(key, definition.formula),
        }, term(one.name)),
        reading(one, usually)),
      changed ? h("td", { class: "before" }, quantity(before.value, one.unit)) : null,
      h("td", {}, quantity(one.value, one.unit),
        moved ? h("small", {}, difference(before.value, one.value, one.unit)) : null),
      h("td", { class: "norm" },
        usually ? gauge({ ...usually, value: one.value, before: changed ? before.value : null }, words) : null,
        h("small", {}, usually ? usually.words : t("norm.none"),
          one.z !== null && one.z !== undefined ? h("span", { class: "z" }, `z ${signed(one.z, 1)}`) : null,
          one.class !== undefined && one.class !== null ? h("span", { class: "z" }, t("isbi.class", { n: one.class })) : null))),
    onPaper ? null : h("tr", { id, class: "explain", hidden: !open },
      h("td", { colspan: changed ? 4 : 3 }, t(`explain.${one.name}`))),
  ];
}

function toggle(key, formula) {
  opened = opened === key ? null : key;
  highlight(opened ? linesOf(formula) : []);
  document.dispatchEvent(new Event("panel"));
}

function table(caption, rows) {
  const changed = film.correction.any;
  return h("table", { class: "measures" }, h("caption", {}, caption),
    h("thead", {}, h("tr", {},
      h("th", { scope: "col" }, t("column.measure")),
      changed ? h("th", { scope: "col" }, t("column.before")) : null,
      h("th", { scope: "col" }, t(changed ? "column.after" : "column.value")),
      h("th", { scope: "col" }, t("column.norm")))),
    h("tbody", {}, rows));
}

function tables(report, onPaper = false) {
  const definitions = state.definitions.ceph;
  const clinical = report.analyses.map((analysis, index) => [
    table(analysis.name, analysis.measurements.map((one, place) => row(
      one, film.report.analyses[index].measurements[place],
      definitions.analyses.find(({ name }) => name === analysis.name).measurements[place], `${analysis.name}/${one.name}`, onPaper))),
    h("p", { class: "source" }, analysis.source),
  ]);
  const isbi = table(t("isbi.title"), definitions.isbi.map((definition) => row(
    { name: definition.name, ...report.isbi[definition.name] }, film.report.isbi[definition.name],
    definition, `ISBI/${definition.name}`, onPaper)));
  return [...clinical, isbi, h("p", { class: "source" }, t("isbi.note"))];
}

function point(one) {
  const chosen = film.chosen === one.abbreviation;
  const level = one.corrected ? "byhand" : one.confidence >= 0.9 ? "sure" : one.confidence >= 0.7 ? "unsure" : "doubtful";
  return h("li", {}, h("button", {
    type: "button", class: `point ${level}`, "aria-pressed": String(chosen), "data-key": `point-${one.abbreviation}`,
    onclick: () => choose(chosen ? null : one.abbreviation, { centre: true }),
    onkeydown: (event) => {
      const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (!chosen || !ways[event.key]) return;
      event.preventDefault();
      nudge(ways[event.key].map((way) => way * (event.shiftKey ? 10 : event.altKey ? 0.2 : 1)));
    },
  },
  h("b", {}, one.abbreviation), h("span", {}, term(one.name)),
  h("small", {}, one.corrected ? t("point.byHand") : sure(one.confidence))));
}

function landmarks(report) {
  const moved = Object.keys(film.correction.moved).length;
  return h("details", { class: "part", "data-key": "points", open: true },
    h("summary", {}, t("points.title")),
    h("p", { class: "hint" }, t("points.hint")),
    h("div", { class: "row" },
      h("button", { type: "button", "data-key": "undo", disabled: !film.correction.past.length, onclick: undo }, icon("undo"), t("undo")),
      h("button", { type: "button", "data-key": "redo", disabled: !film.correction.future.length, onclick: redo }, icon("redo"), t("redo")),
      h("button", { type: "button", "data-key": "reset", disabled: !moved, onclick: reset }, t("reset"))),
    h("ul", { class: "points" }, report.landmarks.map(point)));
}

function missing(report, open = false) {
  return h("details", { class: "part", "data-key": "missing", open }, h("summary", {}, t("missing.title", { n: report.notMeasured.length })),
    h("ul", { class: "plain" }, report.notMeasured.map((one) => h("li", {}, h("b", {}, term(one.name)), " ", term(one.reason)))));
}

export function cephPanel() {
  const report = current();
  const moved = Object.keys(film.correction.moved);
  return [
    facts(report),
    moved.length ? h("p", { class: "by-hand", role: "status" }, t("corrected.note", { points: moved.join(", ") })) : null,
    tables(report), missing(report), landmarks(report),
  ];
}

// The same for paper, where nothing can be opened.
export function cephPaper() {
  const report = current();
  return [facts(report), tables(report, true), missing(report, true)];
}
