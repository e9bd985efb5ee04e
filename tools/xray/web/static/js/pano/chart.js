// The tooth chart by FDI numbers, as a dentist writes it: the patient's right on the left.

import { h, s } from "../dom.js";
import { percent, t, term } from "../i18n.js";
import { STATUSES, look } from "./status.js";

// Crown and root of each kind, in a box of 20 × 44 with the crown below.
const SHAPES = {
  incisor: "M6 26C5 34 5 40 7 42H13C15 40 15 34 14 26Q13 8 10 3Q7 8 6 26Z",
  canine: "M5 26C4 34 6 38 10 43C14 38 16 34 15 26Q14 7 10 1Q6 7 5 26Z",
  premolar: "M4 25C3 33 4 40 7 41Q10 39 13 41C16 40 17 33 16 25Q15 10 11 4Q10 3 9 4Q5 10 4 25Z",
  molar: "M2 25C1 33 2 41 5 42Q7.5 39.5 10 41Q12.5 39.5 15 42C18 41 19 33 18 25Q18 10 15 5Q12.5 9 10 17Q7.5 9 5 5Q2 10 2 25Z",
};

function shapeOf(tooth) {
  const kind = tooth.type;
  if (kind.includes("incisor")) return SHAPES.incisor;
  if (kind.includes("canine")) return SHAPES.canine;
  return kind.includes("premolar") ? SHAPES.premolar : SHAPES.molar;
}

function drawing(tooth, status) {
  const upper = tooth.id < 30;
  const { colour, sign } = look(status);
  const turned = [upper ? null : "rotate(180 10 22)", status === "impacted" ? "rotate(35 10 22) scale(.85) translate(2 4)" : null].filter(Boolean).join(" ");
  return s("svg", { viewBox: "0 0 20 44", "aria-hidden": "true", class: `tooth ${status}` },
    s("g", { transform: turned || null },
      status === "implant"
        ? s("path", { d: "M7 24V8L10 3L13 8V24M6 9H14M6 13H14M6 17H14M6 21H14M5 26H15V40H5Z", fill: "none", stroke: colour, "stroke-width": 1.6 })
        : s("path", { d: shapeOf(tooth), fill: colour, "fill-opacity": status === "missing" ? 0 : status === "healthy" ? 0.35 : 0.9, stroke: colour, "stroke-width": 1.2, "stroke-dasharray": status === "missing" ? "2 2" : null })),
    sign ? s("text", { x: 10, y: upper ? 35 : 13, "text-anchor": "middle", class: "sign" }, sign) : null);
}

export function toothWords(tooth) {
  const parts = [`${tooth.id} ${term(tooth.name)}`, term(tooth.status), percent(tooth.confidence)];
  const others = (tooth.findings ?? []).map(({ type }) => type).filter((type) => type !== tooth.status);
  if (others.length) parts.push(t("tooth.also", { findings: others.map(term).join(", ") }));
  return parts.join(" · ");
}

// One stop for Tab; arrows lead from tooth to tooth. Without choose, for paper.
export function toothChart(teeth, order, { chosen, choose }) {
  const reported = new Map(teeth.map((tooth) => [tooth.id, tooth]));
  const entry = chosen ?? order[0].id;
  const cell = (tooth) => {
    const one = reported.get(tooth.id) ?? { ...tooth, status: "unknown", confidence: 0 };
    const parts = tooth.id < 30 ? [h("span", {}, String(tooth.id)), drawing(tooth, one.status)] : [drawing(tooth, one.status), h("span", {}, String(tooth.id))];
    return choose ? h("button", {
      type: "button", role: "gridcell", class: "tooth-button", "data-key": `tooth-${tooth.id}`, tabindex: tooth.id === entry ? 0 : -1,
      "aria-label": toothWords(one), title: toothWords(one), "aria-selected": String(tooth.id === chosen), onclick: () => choose(tooth.id === chosen ? null : tooth.id),
    }, parts) : h("div", { class: "tooth-button", role: "img", "aria-label": toothWords(one) }, parts);
  };
  const row = (teeth_) => h("div", { class: "jaw", role: choose ? "row" : null }, teeth_.map(cell));
  const chart = h("div", { class: "tooth-chart", role: choose ? "grid" : null, "aria-label": choose ? t("chart.label") : null, onkeydown: (event) => arrows(event, order) },
    row(order.slice(0, 16)), row(order.slice(16)));
  return h("figure", { class: "chart" },
    h("div", { class: "sides", "aria-hidden": "true" }, h("span", {}, t("chart.right")), h("span", {}, t("chart.left"))),
    chart, legend(teeth));
}

function arrows(event, order) {
  const id = Number(event.target.dataset?.key?.replace("tooth-", ""));
  const index = order.findIndex((tooth) => tooth.id === id);
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -16, ArrowDown: 16 }[event.key];
  const next = event.key === "Home" ? index - (index % 16) : event.key === "End" ? index - (index % 16) + 15 : index + (step ?? NaN);
  if (index < 0 || !order[next]) return;
  event.preventDefault();
  const cells = [...event.currentTarget.querySelectorAll("[role=gridcell]")];
  cells[index].tabIndex = -1;
  cells[next].tabIndex = 0;
  cells[next].focus();
}

function legend(teeth) {
  return h("ul", { class: "legend" }, Object.keys(STATUSES).map((status) => {
    const numbers = teeth.filter((tooth) => tooth.status === status).map(({ id }) => id);
    if (!numbers.length) return null;
    const { colour, sign } = look(status);
    return h("li", {},
      s("svg", { viewBox: "0 0 16 16", class: "swatch", "aria-hidden": "true" },
        s("rect", { x: 1, y: 1, width: 14, height: 14, rx: 3, fill: status === "missing" ? "none" : colour, stroke: colour, "stroke-dasharray": status === "missing" ? "2 2" : null }),
        s("text", { x: 8, y: 12, "text-anchor": "middle", class: "sign" }, sign)),
      h("b", {}, term(status)), h("span", { class: "count" }, String(numbers.length)), h("small", {}, numbers.join(" ")));
  }));
}
