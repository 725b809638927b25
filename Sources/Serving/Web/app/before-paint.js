"use strict";

// The only classic script: sets light or dark before the first paint, so that the page never flashes.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem("segue.theme");
  } catch {
    // Without storage the system's choice holds.
  }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
