// What is drawn on a cephalogram: landmarks, their names, planes, a tracing through the landmarks, and
// the lines of the measurement that is being read.

import { s } from "../dom.js";
import { curve, letters, line, path } from "../viewer/paint.js";

export const CEPH_LAYERS = ["landmarks", "names", "planes", "tracing"];

const SURE = "#5ee6b2", UNSURE = "#ffd154", DOUBTFUL = "#ff8a70", BY_HAND = "#6fd3ff";
const LINE = "#96beff", PLANE = "#d6a0ff", TRACED = "#f2e3c6", READ = "#ffffff";
// From, to, the plane's name, how far it goes on at either end as a share of its length.
const PLANES = [
  ["S", "N", "SN", LINE, 0.06], ["N", "A", "", LINE, 0], ["N", "B", "", LINE, 0],
  ["Po", "Or", "FH", PLANE, 0.12], ["PNS", "ANS", "PP", PLANE, 0.12],
  ["Go", "Gn", "Go-Gn", PLANE, 0.1], ["Go", "Me", "Go-Me", PLANE, 0.1],
];
// Between landmarks the outline is a guess: it is drawn to help the eye, not to be measured on.
const TRACING = [
  ["Ar", "Go", "Me", "Gn", "Pog", "B", "L1"], ["PNS", "ANS", "A", "U1"], ["Sn", "UL"], ["LL", "Pog'"],
];

export function colourOf(one) {
  if (one.corrected) return BY_HAND;
  return one.confidence >= 0.9 ? SURE : one.confidence >= 0.7 ? UNSURE : DOUBTFUL;
}

export function cephLayers(report, { place, unit = 1, shown, chosen = null, lines = [], original = null }) {
  const at = Object.fromEntries(report.landmarks.map((one) => [one.abbreviation, place([one.x, one.y])]));
  const parts = [];
  if (shown.has("tracing"))
    for (const names of TRACING) parts.push(line(curve(names.map((name) => at[name])), TRACED, 1.4, { opacity: 0.8, unit }));
  if (shown.has("planes")) parts.push(PLANES.map((plane) => planeOf(plane, at, unit)));
  for (const [start, end] of lines) parts.push(line(path([at[start], at[end]]), READ, 2.4, { unit }));
  if (original && shown.has("landmarks")) parts.push(original.landmarks.map((one) => ghost(one, at, place, unit)));
  if (shown.has("landmarks")) parts.push(report.landmarks.map((one) => point(one, at[one.abbreviation], unit, one.abbreviation === chosen)));
  if (shown.has("names")) parts.push(names(report.landmarks, at, unit));
  return parts.flat(Infinity);
}

function planeOf([start, end, name, colour, beyond], at, unit) {
  const [from, to] = [at[start], at[end]];
  const [dx, dy] = [(to[0] - from[0]) * beyond, (to[1] - from[1]) * beyond];
  const ends = [[from[0] - dx, from[1] - dy], [to[0] + dx, to[1] + dy]];
  const drawn = line(path(ends), colour, 1.5, { unit, dash: end === "Me" && start === "Go" ? [6, 4] : null });
  if (!name) return drawn;
  // Behind the plane, where no landmark is; of two that leave one point, the second lower.
  const away = Math.hypot(dx, dy) || 1;
  const low = name === "Go-Me" ? 12 * unit : -2 * unit;
  return [...drawn, letters([ends[0][0] - (dx / away) * 6 * unit, ends[0][1] + low], name, colour,
    { size: 11, anchor: to[0] > from[0] ? "end" : "start", unit })];
}

// The less sure, the larger the ring: the point may lie anywhere in it.
function point(one, [x, y], unit, chosen) {
  const colour = colourOf(one);
  const radius = (5 + (one.corrected ? 0 : 30 * (1 - one.confidence))) * unit;
  const dash = !one.corrected && one.confidence < 0.7 ? `${3 * unit} ${3 * unit}` : null;
  return [
    s("circle", { cx: x, cy: y, r: radius, fill: "none", stroke: "#0b0d10", "stroke-opacity": 0.55, "stroke-width": 3 * unit }),
    s("circle", { cx: x, cy: y, r: radius, fill: "none", stroke: colour, "stroke-width": 1.5 * unit, "stroke-dasharray": dash }),
    one.corrected
      ? s("path", { d: path([[x - 3 * unit, y], [x, y - 3 * unit], [x + 3 * unit, y], [x, y + 3 * unit]], true), fill: colour })
      : s("circle", { cx: x, cy: y, r: 1.8 * unit, fill: colour }),
    chosen && s("circle", { cx: x, cy: y, r: radius + 5 * unit, fill: "none", stroke: READ, "stroke-width": 2 * unit }),
    chosen && s("path", {
      d: `M${x - 26 * unit} ${y}H${x - 12 * unit}M${x + 12 * unit} ${y}H${x + 26 * unit}M${x} ${y - 26 * unit}V${y - 12 * unit}M${x} ${y + 12 * unit}V${y + 26 * unit}`,
      stroke: READ, "stroke-width": 1.2 * unit,
    }),
  ].filter(Boolean);
}

function ghost(one, at, place, unit) {
  const before = place([one.x, one.y]), now = at[one.abbreviation];
  if (Math.hypot(before[0] - now[0], before[1] - now[1]) < 0.01) return [];
  return [
    ...line(path([before, now]), BY_HAND, 1, { dash: [2, 3], unit }),
    s("circle", { cx: before[0], cy: before[1], r: 4 * unit, fill: "none", stroke: SURE, "stroke-width": 1.2 * unit, "stroke-dasharray": `${2 * unit} ${2 * unit}` }),
  ];
}

// Beside its point, in the direction in which it covers least of the others.
function names(landmarks, at, unit) {
  const taken = Object.values(at).map(([x, y]) => [x - 5 * unit, y - 5 * unit, x + 5 * unit, y + 5 * unit]);
  return landmarks.map((one) => {
    const [x, y] = at[one.abbreviation];
    const width = (one.abbreviation.length * 8 + 4) * unit, height = 14 * unit;
    const away = (11 + 18 * (1 - one.confidence)) * unit;
    const places = [[1, 0], [0.8, -1], [-1, 0], [-0.8, -1], [0.8, 1], [-0.8, 1], [0, -1.3], [0, 1.3]].map(([dx, dy]) => {
      const middle = [x + dx * (away + width / 2), y + dy * away];
      return [middle, [middle[0] - width / 2, middle[1] - height / 2, middle[0] + width / 2, middle[1] + height / 2]];
    });
    const cost = ([, box]) => taken.reduce((sum, other) => sum + overlap(box, other), 0);
    const [middle, box] = places.reduce((best, one_) => (cost(one_) < cost(best) - 1 ? one_ : best));
    taken.push(box);
    return letters(middle, one.abbreviation, colourOf(one), { unit });
  });
}

function overlap(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]), height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return width > 0 && height > 0 ? width * height : 0;
}
