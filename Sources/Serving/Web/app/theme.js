// Light or dark: the system's choice until somebody chooses here.

import { $, setIcon } from "./dom.js";
import { remember } from "./storage.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

/** Changes between light and dark, and remembers it. */
export function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  try {
    // Plain text: `before-paint.js` reads it before any module is there.
    localStorage.setItem("segue.theme", theme);
  } catch {
    remember("theme", null);
  }
  show();
}

function show() {
  setIcon($("theme"), isDark() ? "sun" : "moon", isDark() ? "Light colours" : "Dark colours");
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", isDark() ? "#101117" : "#faf7f2");
}

/** Connects the switch. */
export function wireTheme() {
  $("theme").onclick = toggleTheme;
  system.addEventListener("change", show);
  show();
}
