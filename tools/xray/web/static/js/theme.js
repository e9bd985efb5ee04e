// Light or dark: as the system says until somebody chooses.

const ORDER = ["system", "light", "dark"];

export function theme() {
  return localStorage.getItem("theme") ?? "system";
}

export function applyTheme(name = theme()) {
  localStorage.setItem("theme", name);
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}

export function nextTheme() {
  applyTheme(ORDER[(ORDER.indexOf(theme()) + 1) % ORDER.length]);
  return theme();
}
