// Phrases that several views use.

import { number, percent, t, term } from "./i18n.js";

const UNITS = { deg: "°", mm: " mm", ratio: "" };
const DECIMALS = { deg: 1, mm: 1, ratio: 3 };

export function quantity(value, unit) {
  return value === null || value === undefined ? "–" : number(value, DECIMALS[unit] ?? 2) + (UNITS[unit] ?? ` ${unit}`);
}

export function difference(before, after, unit) {
  if (before === null || after === null) return "";
  const change = after - before;
  const shown = number(Math.abs(change), DECIMALS[unit] ?? 2);
  return Number(shown) === 0 ? "" : (change > 0 ? "+" : "−") + shown;
}

export function landmarkName(one) {
  return `${one.abbreviation} ${term(one.name)}`;
}

export function sure(confidence) {
  return t("confidence", { share: percent(confidence) });
}

// An error of the contract in words, with its number and the service's own detail.
export function explained(error) {
  const known = t(`error.${error.code}`);
  const words = error.code && known !== `error.${error.code}` ? known
    : error.status === 0 ? t("error.connection") : error.message;
  return { words, code: error.code, detail: error.detail ?? (error.code > 12000 ? error.message : null), requestId: error.requestId ?? null };
}

export function filmName(one) {
  return one.name ?? t("film.unnamed", { id: one.taskId.slice(0, 8) });
}
