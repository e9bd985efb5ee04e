// How a tooth's status looks: a colour, and a letter for those who cannot go by colour.

export const STATUSES = {
  healthy: { colour: "#5ed6b2", sign: "" },
  caries: { colour: "#ff705c", sign: "C" },
  filled: { colour: "#60b0ff", sign: "F" },
  crown: { colour: "#ffd154", sign: "K" },
  bridge: { colour: "#ffa048", sign: "B" },
  implant: { colour: "#c494ff", sign: "I" },
  root_canal: { colour: "#40d6eb", sign: "E" },
  residual_root: { colour: "#de7860", sign: "R" },
  impacted: { colour: "#ff8ad6", sign: "P" },
  missing: { colour: "#969da8", sign: "×" },
  unknown: { colour: "#c8ccd2", sign: "?" },
};

export function look(status) {
  return STATUSES[status === "filling" ? "filled" : status] ?? STATUSES.unknown;
}

// The tooth that a finding is about, or null.
export function toothOf(finding) {
  const found = /^tooth_(\d+)$/.exec(finding.location ?? "");
  return found ? Number(found[1]) : null;
}

export function regionOf(one) {
  if (one.polygon?.length) return one.polygon;
  if (!one.box) return [];
  const [left, top, right, bottom] = one.box;
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}
