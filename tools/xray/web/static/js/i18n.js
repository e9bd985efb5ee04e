// The page's words: one dictionary for each language, English where nothing else was chosen.

export const LANGUAGES = { en: "English", zh: "中文" };

let words = {};
let terms = {};
let chosen = "en";
const listeners = [];

export function language() {
  return chosen;
}

export function t(key, values = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// A term as the API says it, in the reader's language; unknown ones stay as they came.
export function term(text) {
  return text === null || text === undefined ? "" : terms[text] ?? String(text).replaceAll("_", " ");
}

export function onLanguage(listener) {
  listeners.push(listener);
}

export async function choose(code) {
  const answer = await fetch(`/locales/${code}.json`);
  ({ words, terms } = await answer.json());
  chosen = code;
  localStorage.setItem("language", code);
  document.documentElement.lang = code === "zh" ? "zh-CN" : code;
  document.title = t("title");
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]"))
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  for (const element of document.querySelectorAll("[data-t-title]"))
    element.setAttribute("title", t(element.dataset.tTitle));
  for (const listener of listeners) listener();
}

export function preferred() {
  const kept = localStorage.getItem("language");
  if (kept in LANGUAGES) return kept;
  return navigator.language?.startsWith("zh") ? "zh" : "en";
}

export function number(value, decimals) {
  return value.toLocaleString(document.documentElement.lang, {
    minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false,
  }).replace("-", "−");
}

export function signed(value, decimals) {
  return (value > 0 ? "+" : "") + number(value, decimals);
}

export function percent(share) {
  return `${Math.round(100 * share)} %`;
}

export function clock(time) {
  return new Date(time).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

export function dateTime(time) {
  return new Date(time).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
}

export function duration(milliseconds) {
  if (milliseconds < 0) return t("time.ms", { n: 0 });
  if (milliseconds < 1000) return t("time.ms", { n: Math.round(milliseconds) });
  const seconds = milliseconds / 1000;
  if (seconds < 100) return t("time.s", { n: number(seconds, seconds < 10 ? 1 : 0) });
  return t("time.min", { n: number(seconds / 60, seconds < 6000 ? 1 : 0) });
}
