// A song as a card of a shelf, or as a row of a list.

import { clock, icon, iconButton, make, setIcon, toast } from "./dom.js";
import { drawCover } from "./covers.js";
import { player } from "./player.js";

export const titleOf = (song) => song.title || song.id;
export const artistOf = (song) => song.artist || "Unknown artist";
export const pathOf = (song) => `#/song/${encodeURIComponent(song.id)}`;

/** Plays a song; the one that plays already is paused, or goes on. */
export function playOrPause(song) {
  if (player.song?.id === song.id) player.toggle();
  else player.play(song);
}

function coverButton(song) {
  const cover = make("span.cover");
  drawCover(song, cover);
  return make("button.cover-button", {
    type: "button", onclick: () => playOrPause(song), "aria-label": `Play ${titleOf(song)} by ${artistOf(song)}`,
  }, cover, make("span.cover-play", { "aria-hidden": "true" }, icon("play"), icon("pause")));
}

/** A card: cover to play, title to open. */
export function cardOf(song) {
  return make("li.card", { "data-id": song.id },
    coverButton(song),
    make("a.card-title", { href: pathOf(song), textContent: titleOf(song), title: titleOf(song) }),
    make("span.card-artist", { textContent: artistOf(song) }));
}

/** A row: rank or nothing, cover to play, title to open, what `side` says, and a button to queue it. */
export function rowOf(song, { rank = null, side = clock(song.duration_ms ?? 0), remove = null } = {}) {
  const action = remove
    ? iconButton("close", `Remove ${titleOf(song)} from the queue`, () => remove(song))
    : iconButton("add", `Add ${titleOf(song)} to the queue`, () => {
      player.add(song);
      toast(`Added ${titleOf(song)} to the queue`);
      setIcon(action, "check", `${titleOf(song)} is in the queue`);
      setTimeout(() => setIcon(action, "add", `Add ${titleOf(song)} to the queue`), 2000);
    });
  action.classList.add("row-action");
  return make("li.row", { "data-id": song.id },
    rank === null ? null : make("span.rank", { textContent: rank }),
    coverButton(song),
    make("span.row-text", {},
      make("a.row-title", { href: pathOf(song), textContent: titleOf(song) }),
      make("span.row-artist", { textContent: artistOf(song) })),
    make("span.row-side", { textContent: side }),
    action);
}

/** Boxes of the same size as the cards or rows that will take their place. */
export function skeletons(kind, count) {
  return Array.from({ length: count }, () =>
    make(`li.${kind}.skeleton`, { "aria-hidden": "true" }, make("span.cover"), make("span.bone"), make("span.bone")));
}

/**
 * Shows songs in a list so that what stays keeps its element, and with it picture, focus and place on the screen.
 * Songs that are new fade in.
 */
export function fillList(list, songs, makeItem) {
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const known = new Map([...list.children].filter((item) => item.dataset.id).map((item) => [item.dataset.id, item]));
  const isFirst = known.size === 0;
  const isAtStart = list.scrollLeft < 8;
  list.replaceChildren(...songs.map((song, index) => {
    const item = known.get(song.id);
    if (item) {
      item.classList.remove("is-new");
      return item;
    }
    const made = makeItem(song, index);
    if (!isFirst) made.classList.add("is-new");
    return made;
  }));
  // A browser that snaps follows the card it showed first, wherever that went.
  if (isAtStart) list.scrollLeft = 0;
  if (focused?.isConnected) focused.focus({ preventScroll: true });
  markCurrent();
}

/** Marks the song that plays wherever it is shown. */
export function markCurrent() {
  for (const item of document.querySelectorAll("[data-id]")) {
    const isCurrent = item.dataset.id === player.song?.id;
    item.classList.toggle("is-current", isCurrent);
    item.classList.toggle("is-sounding", isCurrent && player.isPlaying);
  }
}
