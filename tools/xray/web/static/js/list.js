// The list of films, newest first, each with where it stands.

import { $, h, icon, show } from "./dom.js";
import { dateTime, onLanguage, t } from "./i18n.js";
import { on, sorted, standing, state } from "./state.js";
import { list } from "./watch.js";
import { explained, filmName } from "./words.js";

const ICONS = {
  ready: "clock", held: "clock", sending: "up", uploading: "up", refused: "warning", pending: "clock", processing: "eye",
  completed: "check", failed: "warning", cancelled: "close", gone: "close",
};

export function chip(one) {
  const where = standing(one);
  return h("span", { class: `chip ${where}` }, icon(ICONS[where] ?? "clock"), t(`status.${where}`));
}

function row(one) {
  const current = one.taskId === state.selected;
  return h("li", {},
    h("a", {
      href: `#/film/${one.taskId}`, "aria-current": current ? "true" : null, "data-key": one.taskId,
    },
    h("span", { class: "name", title: filmName(one) }, filmName(one)),
    chip(one),
    h("small", {}, [one.taskType ? t(`type.${one.taskType}`) : null, one.createdAt ? dateTime(one.createdAt) : null].filter(Boolean).join(" · "))));
}

const told = new Map(); // taskId → where a film stood when it was last said

// For those who do not see the list: a film that moved on is said.
function announce(one) {
  const where = standing(one);
  const before = told.get(one.taskId);
  told.set(one.taskId, where);
  if (before && before !== where) $("announced").textContent = `${filmName(one)}: ${t(`status.${where}`)}`;
}

function render() {
  const all = sorted();
  all.forEach(announce);
  show($("films"), all.map(row));
  $("no-films").hidden = all.length > 0;
  $("more").hidden = !state.cursor;
  const trouble = $("trouble");
  trouble.hidden = !state.trouble;
  if (state.trouble) {
    const { words, code, detail } = explained(state.trouble);
    trouble.textContent = [words, code ? `(${code})` : null, detail].filter(Boolean).join(" ");
  }
}

export function startList() {
  on("list", render);
  on("entry", render);
  on("selected", render);
  onLanguage(render);
  $("more").addEventListener("click", () => list(state.cursor));
  render();
}
