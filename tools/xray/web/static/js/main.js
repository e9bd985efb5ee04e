// Putting the page together.

import { $, h, icon, show } from "./dom.js";
import { startFilm } from "./film.js";
import { LANGUAGES, choose, language, onLanguage, preferred, t } from "./i18n.js";
import { startList } from "./list.js";
import { startPanel } from "./panel.js";
import { startSending } from "./sending.js";
import { entry, put, standing, state, tell } from "./state.js";
import { forgetAll } from "./store.js";
import { applyTheme, nextTheme, theme } from "./theme.js";
import { list, look, start } from "./watch.js";

function pane(name) {
  document.body.dataset.pane = name;
  for (const button of document.querySelectorAll(".panes-bar button"))
    button.setAttribute("aria-pressed", String(button.dataset.pane === name));
}

function route() {
  const found = /^#\/film\/([0-9a-f-]{36})$/.exec(location.hash);
  state.selected = found ? found[1] : null;
  if (state.selected && !entry(state.selected)) {
    put(state.selected, { chosenAt: "" });
    look(state.selected);
  } else if (state.selected && entry(state.selected).phase === "sent") look(state.selected);
  tell("selected");
  // On a phone: the film where there is something to see on it, else how it stands.
  if (state.selected) pane(standing(entry(state.selected)) === "completed" ? "film" : "report");
}

function themeButton() {
  const name = t(`theme.${theme()}`);
  $("theme").replaceChildren(icon("invert"), name);
  $("theme").setAttribute("aria-label", t("theme", { name }));
}

function header() {
  show($("language"), Object.entries(LANGUAGES).map(([code, name]) =>
    h("option", { value: code, lang: code, selected: code === language() }, name)));
  $("language").addEventListener("change", (event) => choose(event.target.value));
  $("theme").addEventListener("click", () => { nextTheme(); themeButton(); });
  onLanguage(themeButton);
  themeButton();
  $("help").addEventListener("click", () => $("help-text").showModal());
  $("help-close").addEventListener("click", () => $("help-text").close());
  $("forget").addEventListener("click", async () => {
    if (!confirm(t("forget.sure"))) return;
    await forgetAll();
    location.reload();
  });
  // The address says which film is chosen: a jump within the page must not change it.
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    pane("film");
    $("main").focus();
  });
  for (const button of document.querySelectorAll(".panes-bar button"))
    button.addEventListener("click", () => pane(button.dataset.pane));
}

async function fetchJson(path) {
  return (await fetch(path)).json();
}

applyTheme();
[state.config, state.definitions] = await Promise.all([fetchJson("/config.json"), fetchJson("/definitions.json"), choose(preferred())]);
header();
startSending();
startList();
startFilm();
startPanel();
pane("films");
await list();
addEventListener("hashchange", route);
route();
start();
document.body.dataset.ready = "";
