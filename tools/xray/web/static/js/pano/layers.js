// What is drawn on a panoramic: teeth with their numbers, restorations, findings.

import { term } from "../i18n.js";
import { centre, letters, line, path } from "../viewer/paint.js";
import { look, regionOf, toothOf } from "./status.js";

export const PANO_LAYERS = ["teeth", "numbers", "restorations", "findings"];

const FINDING = "#ff5454";

export function panoLayers(report, { place, unit = 1, shown, chosen = null }) {
  const parts = [];
  const outline = (one, colour, width, more = {}) => {
    const region = regionOf(one).map(place);
    return region.length ? line(path(region, true), colour, width, { unit, ...more }) : [];
  };
  if (shown.has("teeth"))
    for (const tooth of report.teeth) {
      const { colour } = look(tooth.status);
      const mine = tooth.id === chosen;
      parts.push(outline(tooth, mine ? "#ffffff" : colour, mine ? 3 : 1.6, { fill: mine || tooth.status !== "healthy" ? colour : "none" }));
    }
  if (shown.has("teeth"))
    for (const one of report.unnumbered ?? []) parts.push(outline(one, look("unknown").colour, 1.2, { dash: [4, 3] }));
  if (shown.has("restorations"))
    for (const one of report.restorations ?? []) parts.push(outline(one, look(one.type).colour, 1.4, { dash: [5, 2] }));
  if (shown.has("findings"))
    for (const one of drawn(report)) {
      parts.push(outline(one, FINDING, 2.4));
      const region = regionOf(one).map(place);
      if (!region.length) continue;
      const [x] = centre(region);
      if (apart(report, place) > 46 * unit) parts.push(letters([x, Math.min(...region.map(([, y]) => y)) - 9 * unit], term(one.type), "#ffd9d4", { size: 12, unit }));
    }
  if (shown.has("numbers"))
    for (const tooth of report.teeth) {
      const region = regionOf(tooth).map(place);
      if (!region.length) continue;
      const size = Math.min(13, Math.max(8, (width(region) / unit) * 0.5));
      parts.push(letters(centre(region), String(tooth.id), "#ffffff", { size, unit }));
    }
  return parts.flat(Infinity);
}

function width(region) {
  const xs = region.map(([x]) => x);
  return Math.max(...xs) - Math.min(...xs);
}

// How wide a tooth is on the screen: words over narrower ones would cover each other.
function apart(report, place) {
  const widths = report.teeth.filter((tooth) => tooth.box).map(({ box }) => place([box[2], 0])[0] - place([box[0], 0])[0]);
  return widths.length ? widths.reduce((sum, one) => sum + one, 0) / widths.length : 0;
}

// A missing tooth has no place on the film; an impacted one is drawn as a tooth already.
export function drawn(report) {
  return report.diseases.filter((one) => one.type !== "missing" && one.type !== "impacted");
}

export function boxOf(report, id) {
  return report.teeth.find((tooth) => tooth.id === id)?.box
    ?? report.diseases.find((one) => toothOf(one) === id && one.box)?.box ?? null;
}
