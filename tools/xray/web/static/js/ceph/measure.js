// The cephalometric analyses by the definitions of the service: formulas, norms, bounds and words are
// data made from the code that reads the films; only the operations on lines stand here.

const TINY = 1e-9;

function vector([[fromX, fromY], [toX, toY]]) {
  return [toX - fromX, toY - fromY];
}

function turn(first, second) {
  const [uX, uY] = vector(first), [vX, vY] = vector(second);
  const u = Math.hypot(uX, uY), v = Math.hypot(vX, vY);
  if (!(u > TINY && u < Infinity && v > TINY && v < Infinity)) return null;
  const [aX, aY, bX, bY] = [uX / u, uY / u, vX / v, vY / v];
  return (Math.atan2(aX * bY - aY * bX + 0, aX * bX + aY * bY) * 180) / Math.PI;
}

function length(line) {
  const found = Math.hypot(...vector(line));
  return Number.isFinite(found) ? found : null;
}

const OPERATIONS = {
  turn,
  between(first, second) {
    const signed = turn(first, second);
    return signed === null ? null : Math.abs(signed);
  },
  interior(first, second) {
    const signed = turn(first, second);
    return signed === null ? null : ((signed % 360) + 360) % 360;
  },
  length,
  forwardLength(line) {
    const gap = length(line);
    return gap === null || line[1][0] >= line[0][0] ? gap : -gap;
  },
  ratio(first, second) {
    const above = length(first), below = length(second);
    return above === null || below === null || below < TINY ? null : above / below;
  },
  along(direction, line) {
    const [uX, uY] = vector(direction), [x, y] = vector(line);
    const size = Math.hypot(uX, uY);
    if (!(size > TINY && size < Infinity)) return null;
    const projected = x * (uX / size) + y * (uY / size);
    return Number.isFinite(projected) ? projected : null;
  },
};

// Half to even on the exact binary value, as Python rounds. Only an odd number of 1/2^(decimals + 1)
// lies exactly between two decimals; toFixed is exact for all others.
export function round(value, decimals) {
  if (Math.abs((value * 2 ** (decimals + 1)) % 2) !== 1) return Number(value.toFixed(decimals));
  const unit = 10 ** decimals;
  const below = Math.floor(value * unit);
  return (below % 2 === 0 ? below : below + 1) / unit;
}

export function evaluate(formula, points) {
  if (formula.lines) {
    const lines = formula.lines.map(([start, end]) => [points[start], points[end]]);
    return OPERATIONS[formula.op](...lines);
  }
  const parts = formula.of.map((one) => evaluate(one, points));
  if (parts.includes(null)) return null;
  if (formula.op === "sum") return parts[0] + parts[1];
  if (formula.op === "negative") return -parts[0];
  if (formula.op === "rounded") return round(parts[0], formula.decimals);
  throw new Error(`no operation ${formula.op}`);
}

// Every line that a formula is measured on, each once.
export function linesOf(formula) {
  if (formula.of) return formula.of.flatMap(linesOf);
  return formula.lines;
}

export function landmarksOf(formula) {
  return new Set(linesOf(formula).flat());
}

function inUnit(value, unit, mmPerUnit, definitions) {
  if (value === null || (unit === "mm" && mmPerUnit === null)) return null;
  return round(value * (unit === "mm" ? mmPerUnit : 1), definitions.decimals[unit]) + 0;
}

function place(value, norm) {
  return 1 + (value > norm.high) - (value < norm.low);
}

function challenge(one, points, mmPerUnit, definitions) {
  const value = inUnit(evaluate(one.formula, points), one.unit, mmPerUnit, definitions);
  const band = value === null ? null : one.bands.find(
    ({ end, closed }) => end === null || value < end || (closed && value === end));
  return { value, unit: one.unit, class: band?.class ?? null, reading: band?.reading ?? null };
}

function clinical(one, points, mmPerUnit, sex, definitions) {
  const value = inUnit(evaluate(one.formula, points), one.unit, mmPerUnit, definitions);
  const norm = one.norms[sex ?? "unknown"];
  const known = value !== null && norm !== null;
  return {
    name: one.name, value, unit: one.unit,
    norm: norm?.mean ?? null, sd: norm?.sd ?? null, range: norm ? [norm.low, norm.high] : null,
    z: known && norm.mean !== null && norm.sd !== null ? round((value - norm.mean) / norm.sd, 1) + 0 : null,
    reading: known ? one.readings[place(value, norm)] : null,
  };
}

function verdict(ways, points, definitions) {
  for (const one of ways) {
    const value = inUnit(evaluate(one.formula, points), one.unit, null, definitions);
    const norm = one.norms.unknown;
    if (value !== null && norm !== null) return one.words[place(value, norm)];
  }
  return null;
}

// The report of 19 points, abbreviation → [x, y]: one square unit, y down, the face to the right.
export function analyse(definitions, points, mmPerUnit = null, sex = null) {
  const isbi = Object.fromEntries(
    definitions.isbi.map((one) => [one.name, challenge(one, points, mmPerUnit, definitions)]));
  const analyses = definitions.analyses.map(({ name, source, measurements }) => ({
    name, source,
    measurements: measurements.map((one) => clinical(one, points, mmPerUnit, sex, definitions)),
  }));
  return {
    measurements: Object.fromEntries(Object.entries(isbi).map(([name, one]) => [name, one.value])),
    isbi, analyses,
    skeletalClass: verdict(definitions.skeletalClass, points, definitions),
    growthPattern: verdict(definitions.growthPattern, points, definitions),
    notMeasured: notMeasured(definitions, isbi, analyses, mmPerUnit),
  };
}

function notMeasured(definitions, isbi, analyses, mmPerUnit) {
  const values = new Map(Object.entries(isbi));
  for (const one of analyses.flatMap(({ measurements }) => measurements)) values.set(one.name, one);
  const { noScale, notDefined } = definitions.reasons;
  const missing = [...values].filter(([, one]) => one.value === null).map(([name, one]) => ({
    name, reason: one.unit === "mm" && mmPerUnit === null ? noScale : notDefined,
  }));
  const never = Object.entries(definitions.notMeasurable).map(([name, reason]) => ({ name, reason }));
  return [...missing, ...never];
}
