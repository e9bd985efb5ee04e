// The report of a panoramic: the tooth chart, what was found, and the chosen tooth.

import { h } from "../dom.js";
import { choose, film, lookAt } from "../film.js";
import { percent, t, term } from "../i18n.js";
import { state } from "../state.js";
import { toothChart, toothWords } from "./chart.js";
import { regionOf, toothOf } from "./status.js";

function order() {
  return state.definitions.pano.teeth;
}

function finding(one, onPaper) {
  const tooth = toothOf(one);
  const region = regionOf(one);
  const words = [term(one.type), one.severity ? term(one.severity) : null].filter(Boolean).join(", ");
  const about = tooth ? `${tooth} ${term(order().find(({ id }) => id === tooth)?.name)}` : term(one.location);
  const look = () => { if (tooth) choose(tooth, { centre: !region.length }); if (region.length) lookAt(region); };
  return h("tr", {},
    h("th", { scope: "row" }, region.length && !onPaper
      ? h("button", { type: "button", class: "bare measure", "data-key": `finding-${one.type}-${one.location}-${region[0]}`, onclick: look }, words) : words),
    h("td", {}, about), h("td", { class: "number" }, percent(one.confidence)));
}

function findings(report, onPaper) {
  const shown = report.diseases.filter((one) => one.type !== "missing");
  if (!shown.length) return h("p", {}, t("findings.none"));
  return h("table", { class: "findings" }, h("caption", {}, t("findings.title")),
    h("thead", {}, h("tr", {}, ["finding", "where", "confidence"].map((name) => h("th", { scope: "col" }, t(`column.${name}`))))),
    h("tbody", {}, shown.map((one) => finding(one, onPaper))));
}

function modules(report) {
  const read = (report.modules ?? []).map(term).join(", ");
  return h("p", { class: "source" }, t("pano.modules", { read }),
    report.modules?.includes("caries") ? null : ` ${t("pano.noCaries")}`, ` ${t("pano.limits")}`);
}

export function panoPanel(onPaper = false) {
  const report = film.report;
  const chosen = onPaper ? null : film.chosen;
  const tooth = report.teeth.find(({ id }) => id === chosen);
  return [
    toothChart(report.teeth, order(), { chosen, choose: onPaper ? null : (id) => choose(id, { centre: true }) }),
    onPaper ? null : h("p", { class: "chosen-tooth", role: "status" }, tooth ? toothWords(tooth) : t("chart.hint")),
    findings(report, onPaper), modules(report),
  ];
}
