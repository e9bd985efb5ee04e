// Landmarks put right by hand, and the report that follows from them.

import { analyse, landmarksOf } from "./measure.js";

export class Correction {
  // moved: abbreviation → [x, y] in pixels of the film, as far as they differ from the report's.
  constructor(moved = {}) {
    this.moved = moved;
    this.past = [];
    this.future = [];
  }

  get any() {
    return Object.keys(this.moved).length > 0;
  }

  // Begin a step that undo takes back as one, however many moves it has.
  begin() {
    this.past.push(this.moved);
    this.future = [];
  }

  move(abbreviation, point) {
    this.moved = { ...this.moved, [abbreviation]: point };
  }

  reset() {
    if (!this.any) return;
    this.begin();
    this.moved = {};
  }

  // End a step; one that changed nothing is none.
  end() {
    if (JSON.stringify(this.past.at(-1)) === JSON.stringify(this.moved)) this.past.pop();
  }

  undo() {
    if (!this.past.length) return false;
    this.future.push(this.moved);
    this.moved = this.past.pop();
    return true;
  }

  redo() {
    if (!this.future.length) return false;
    this.past.push(this.moved);
    this.moved = this.future.pop();
    return true;
  }
}

// Whose norms the report was compared with: it does not say, but its norms do.
export function sexOf(report, definitions) {
  for (const analysis of definitions.analyses)
    for (const one of analysis.measurements) {
      const reported = report.analyses?.find(({ name }) => name === analysis.name)
        ?.measurements.find(({ name }) => name === one.name);
      if (!reported || one.norms.unknown || reported.norm === null) continue;
      for (const sex of ["female", "male"]) if (one.norms[sex]?.mean === reported.norm) return sex;
    }
  return null;
}

// Points as the formulas take them: square units, the face to the right.
export function points(landmarks, image) {
  const [pitchY, pitchX] = image?.pixelSpacing ?? [1, 1];
  const side = image?.facing === "left" ? -1 : 1;
  return Object.fromEntries(
    landmarks.map(({ abbreviation, x, y }) => [abbreviation, [side * x * pitchX, y * pitchY]]));
}

// The report with moved landmarks. What is measured from none of them stays as the service gave it:
// it measures on finer points than it reports.
export function correct(report, moved, definitions) {
  if (!Object.keys(moved).length) return report;
  const touched = (formula) => [...landmarksOf(formula)].some((name) => name in moved);
  const landmarks = report.landmarks.map((one) => {
    const at = moved[one.abbreviation];
    return at ? { ...one, x: at[0], y: at[1], corrected: true } : one;
  });
  const fresh = analyse(definitions, points(landmarks, report.image),
    report.image?.pixelSpacing ? 1 : null, sexOf(report, definitions));
  const isbi = Object.fromEntries(definitions.isbi.map(({ name, formula }) => [
    name, touched(formula) ? fresh.isbi[name] : report.isbi[name]]));
  const analyses = fresh.analyses.map((analysis, index) => ({
    ...analysis,
    measurements: analysis.measurements.map((one, place) =>
      touched(definitions.analyses[index].measurements[place].formula)
        ? one : report.analyses[index].measurements[place]),
  }));
  const decided = (key) => definitions[key].some(({ formula }) => touched(formula)) ? fresh[key] : report[key];
  return {
    ...report, landmarks, isbi, analyses,
    measurements: Object.fromEntries(Object.entries(isbi).map(([name, one]) => [name, one.value])),
    skeletalClass: decided("skeletalClass"), growthPattern: decided("growthPattern"),
    notMeasured: fresh.notMeasured,
  };
}
