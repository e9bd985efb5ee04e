// A value beside what is usual: a track of ±4 deviations, the usual range in its middle, a mark for
// the value and a fainter one for what it was before a correction.

import { s } from "./dom.js";

const REACH = 4;
const WIDTH = 128, HEIGHT = 18;

// middle and half: of the usual range; null where there is no norm.
export function gauge({ value, before = null, middle, half }, label) {
  const x = (one) => {
    const deviation = Math.min(REACH, Math.max(-REACH, (one - middle) / half));
    return 6 + ((deviation + REACH) / (2 * REACH)) * (WIDTH - 12);
  };
  const y = HEIGHT / 2;
  const inner = x(middle - half), outer = x(middle + half);
  const parts = [
    s("line", { class: "track", x1: 6, x2: WIDTH - 6, y1: y, y2: y }),
    ...[-3, -2, 2, 3].map((one) => s("line", { class: "tick", x1: x(middle + one * half), x2: x(middle + one * half), y1: y - 2, y2: y + 2 })),
    s("rect", { class: "usual", x: inner, y: y - 4, width: outer - inner, height: 8, rx: 2 }),
    s("line", { class: "mean", x1: x(middle), x2: x(middle), y1: y - 6, y2: y + 6 }),
  ];
  if (before !== null && before !== value)
    parts.push(s("circle", { class: "before", cx: x(before), cy: y, r: 4 }));
  if (value !== null) {
    const beyond = Math.abs(value - middle) > half + 1e-9;
    const far = Math.abs(value - middle) > REACH * half;
    const at = x(value), way = Math.sign(value - middle);
    parts.push(far
      ? s("path", { class: "mark beyond", d: `M${at + 5 * way} ${y}L${at - 4 * way} ${y - 5}V${y + 5}Z` })
      : s(beyond ? "path" : "circle", beyond
        ? { class: "mark beyond", d: `M${at} ${y - 5.5}L${at + 5.5} ${y}L${at} ${y + 5.5}L${at - 5.5} ${y}Z` }
        : { class: "mark", cx: at, cy: y, r: 4.5 }));
  }
  return s("svg", { class: "gauge", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, parts);
}
