// Strokes and letters that are legible on any grey: dark beneath, colour above. Everything is said in
// attributes, not in style sheets, so that a picture taken away looks as it does here.

import { s } from "../dom.js";

const DARK = "#0b0d10";

export function path(points, closed = false) {
  return points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("") + (closed ? "Z" : "");
}

export function line(d, colour, width, { dash = null, fill = "none", opacity = 1, unit = 1 } = {}) {
  const shared = { d, "stroke-linejoin": "round", "stroke-linecap": "round" };
  return [
    s("path", { ...shared, fill: "none", stroke: DARK, "stroke-opacity": 0.55 * opacity, "stroke-width": (width + 1.6) * unit }),
    s("path", {
      ...shared, fill, "fill-opacity": fill === "none" ? null : 0.22, stroke: colour, "stroke-opacity": opacity,
      "stroke-width": width * unit, "stroke-dasharray": dash?.map((one) => one * unit).join(" "),
    }),
  ];
}

export function letters([x, y], text, colour, { size = 13, anchor = "middle", unit = 1, weight = 600 } = {}) {
  return s("text", {
    x: x.toFixed(1), y: y.toFixed(1), fill: colour, stroke: DARK, "stroke-width": 3 * unit, "stroke-opacity": 0.8,
    "stroke-linejoin": "round", "paint-order": "stroke", "font-size": size * unit, "font-weight": weight,
    "font-family": "system-ui, sans-serif", "text-anchor": anchor, "dominant-baseline": "central",
  }, text);
}

// A smooth curve through points (Catmull–Rom as Bézier).
export function curve(points) {
  if (points.length < 3) return path(points);
  const at = (index) => points[Math.min(points.length - 1, Math.max(0, index))];
  const f = (value) => value.toFixed(1);
  let d = `M${f(points[0][0])} ${f(points[0][1])}`;
  for (let index = 0; index < points.length - 1; index += 1) {
    const [before, from, to, after] = [at(index - 1), at(index), at(index + 1), at(index + 2)];
    const c1 = [from[0] + (to[0] - before[0]) / 6, from[1] + (to[1] - before[1]) / 6];
    const c2 = [to[0] - (after[0] - from[0]) / 6, to[1] - (after[1] - from[1]) / 6];
    d += `C${f(c1[0])} ${f(c1[1])} ${f(c2[0])} ${f(c2[1])} ${f(to[0])} ${f(to[1])}`;
  }
  return d;
}

export function centre(region) {
  const xs = region.map(([x]) => x), ys = region.map(([, y]) => y);
  return [(Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2];
}
