// What the keyboard does. Keys that write or press something keep their meaning in fields, lists and buttons.

import { showQueue } from "./bar.js";
import { $, make } from "./dom.js";
import { player } from "./player.js";
import { ratings } from "./ratings.js";
import { toggleTheme } from "./theme.js";

const seekSeconds = 5;

const keys = [
  ["Space", "Play or pause"], ["→  ←", "Next, previous song; in a shelf: from song to song"],
  ["Shift →  ←", `${seekSeconds} seconds on, back`], ["↑  ↓", "Louder, softer; in a list: from song to song"],
  ["L", "Like"], ["D", "Never play this again"], ["M", "Sound on or off"], ["Q", "Show the queue"],
  ["/", "Search"], ["H", "Home"], ["T", "Light or dark"], ["?", "This help"],
];

const actions = {
  " ": () => player.toggle(),
  ArrowRight: (event) => (event.shiftKey ? player.seek(player.place + seekSeconds) : player.next()),
  ArrowLeft: (event) => (event.shiftKey ? player.seek(player.place - seekSeconds) : player.previous()),
  ArrowUp: () => player.setVolume(Math.min(1, player.audio.volume + 0.1)),
  ArrowDown: () => player.setVolume(Math.max(0, player.audio.volume - 0.1)),
  l: () => ratings.toggle(player.song, "like"),
  d: () => ratings.toggle(player.song, "dislike"),
  m: () => player.toggleSound(),
  q: () => { if (player.song) showQueue($("queue-panel").hidden); },
  h: () => { location.hash = "#/"; },
  t: () => toggleTheme(),
  "/": () => {
    $("search").focus();
    $("search").select();
  },
  "?": () => showHelp(),
  Escape: () => showQueue(false),
};
let isPointing = false;
const needsSong = new Set([" ", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"]);

/** Shows what the keys do. */
export function showHelp() {
  $("help").showModal();
}

/** Listens to the keyboard. */
export function wireKeys() {
  addEventListener("pointerdown", () => { isPointing = true; }, { capture: true });
  $("help-list").append(...keys.map(([key, meaning]) =>
    make("div", {}, make("dt", {}, ...key.split("  ").map((one) => make("kbd", { textContent: one }))), make("dd", { textContent: meaning }))));
  $("help").addEventListener("click", (event) => { if (event.target === $("help")) $("help").close(); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
    if (event.target.closest("input, textarea, select")) return;
    if (event.key.startsWith("Arrow") && !event.shiftKey && moveInList(event)) return event.preventDefault();
    // Who goes through the page by keyboard presses what has the focus; who has just clicked means the music.
    if (event.key === "Tab" || event.key.startsWith("Arrow")) isPointing = false;
    if (event.key === " " && !isPointing && event.target.closest("button, a")) return;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || (needsSong.has(event.key) && !player.song)) return;
    event.preventDefault();
    action(event);
  });
}

/** Goes from song to song inside a shelf or list; false when the focus is elsewhere, or at its end. */
function moveInList(event) {
  const item = event.target.closest(".card, .row");
  if (!item) return false;
  const isAcross = event.key === "ArrowLeft" || event.key === "ArrowRight";
  if (isAcross !== item.classList.contains("card")) return false;
  const isForward = event.key === "ArrowRight" || event.key === "ArrowDown";
  const target = isForward ? item.nextElementSibling : item.previousElementSibling;
  const control = event.target.matches("a") ? "a" : "button";
  const next = target?.querySelector(control);
  next?.focus();
  next?.scrollIntoView({ block: "nearest", inline: "nearest" });
  return true;
}
