// The player at the bottom of every page, and the queue above it.

import { drawCover } from "./covers.js";
import { $, announce, clock, make, setIcon, toast } from "./dom.js";
import { listener } from "./listener.js";
import { player } from "./player.js";
import { ratingButtons, ratings } from "./ratings.js";
import { artistOf, fillList, markCurrent, pathOf, rowOf, titleOf } from "./songs.js";

const queueNotes = {
  session: (name, song) => `For ${name}, after ${titleOf(song)}`,
  recent: (name) => `From what ${name} has just heard`,
  song: (_, song) => `Like ${titleOf(song)}`,
  personal: (name) => `For ${name}`,
  popular: () => "What everybody plays",
  unknown: () => "What comes next is not known now",
};
let isSeeking = false;

/** Connects the player with its elements. */
export function wirePlayerBar() {
  player.attach($("audio"));
  const { buttons, show } = ratingButtons(() => player.song);
  $("bar-ratings").append(...buttons);
  $("play").onclick = () => player.toggle();
  $("next").onclick = () => player.next();
  $("previous").onclick = () => player.previous();
  $("sound").onclick = () => player.toggleSound();
  $("volume").oninput = () => player.setVolume($("volume").valueAsNumber);
  $("seek").addEventListener("input", () => { isSeeking = true; showPlace(); });
  $("seek").addEventListener("change", () => {
    isSeeking = false;
    player.seek($("seek").valueAsNumber * player.length);
  });
  $("queue-toggle").onclick = () => showQueue($("queue-panel").hidden);
  $("queue-close").onclick = () => { showQueue(false); $("queue-toggle").focus(); };
  player.addEventListener("song", () => { showSong(); show(); });
  player.addEventListener("state", showState);
  player.addEventListener("place", showPlace);
  player.addEventListener("queue", showNext);
  player.addEventListener("trouble", (event) => toast(event.detail));
  ratings.addEventListener("stored", ({ detail }) => {
    if (detail.rating !== "dislike") return;
    player.remove(detail.song);
    if (player.song?.id === detail.song.id) player.next();
  });
  showState();
}

/** Opens or closes the queue. */
export function showQueue(isOpen) {
  $("queue-panel").hidden = !isOpen;
  $("queue-toggle").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) $("queue-title").focus({ preventScroll: true });
}

function showSong() {
  const { song } = player;
  $("player").hidden = !song;
  document.documentElement.classList.toggle("has-player", Boolean(song));
  if (!song) return showQueue(false);
  $("bar-title").textContent = titleOf(song);
  $("bar-title").href = pathOf(song);
  $("bar-artist").textContent = artistOf(song);
  drawCover(song, $("bar-cover"));
  $("previous").disabled = false;
  announce(`Now playing ${titleOf(song)} by ${artistOf(song)}`);
  showPlace();
}

function showState() {
  const isPlaying = player.isPlaying;
  setIcon($("play"), isPlaying ? "pause" : "play", isPlaying ? "Pause" : "Play");
  $("play").classList.toggle("is-loading", player.isLoading && isPlaying);
  const isSilent = player.audio.muted || player.audio.volume === 0;
  setIcon($("sound"), isSilent ? "silence" : "sound", isSilent ? "Turn the sound on" : "Turn the sound off");
  const volume = isSilent ? 0 : player.audio.volume;
  $("volume").value = volume;
  $("volume").style.setProperty("--done", `${volume * 100}%`);
  document.documentElement.classList.toggle("is-sounding", isPlaying);
  const base = document.title.replace(/^▸ /, "");
  document.title = isPlaying ? `▸ ${base}` : base;
  markCurrent();
}

function showPlace() {
  const length = player.length;
  const share = isSeeking ? $("seek").valueAsNumber : length > 0 ? player.place / length : 0;
  if (!isSeeking) $("seek").value = share;
  $("seek").style.setProperty("--done", `${share * 100}%`);
  const seconds = share * length;
  $("seek").setAttribute("aria-valuetext", `${clock(seconds * 1000)} of ${clock(length * 1000)}`);
  $("elapsed").textContent = clock(seconds * 1000);
  $("total").textContent = length > 0 ? clock(length * 1000) : "–:––";
}

function showNext() {
  const queue = player.queue;
  $("next").disabled = queue.length === 0;
  const next = queue[0];
  $("bar-next").hidden = !next;
  if (next && $("bar-next").dataset.song !== next.id) {
    $("bar-next").dataset.song = next.id;
    drawCover(next, $("bar-next"));
  }
  $("queue-note").textContent = player.strategy
    ? queueNotes[player.strategy]?.(listener.nameOf(), player.song) ?? "" : "Finding what fits…";
  fillList($("queue"), queue, (song) => rowOf(song, { remove: (one) => player.remove(one) }));
  if (queue.length === 0 && player.strategy) {
    $("queue").replaceChildren(make("li.queue-empty", { textContent: "Nothing is next." }));
  }
}
