// The page of one song: what it is, how it sounds, and what is like it.

import * as api from "./api.js";
import { drawCover, lightInksOf } from "./covers.js";
import { clock, grouped, icon, make, shape, toast } from "./dom.js";
import { errorNotice, emptyNotice } from "./notices.js";
import { player } from "./player.js";
import { ratingButtons } from "./ratings.js";
import { artistOf, cardOf, fillList, markCurrent, playOrPause, skeletons, titleOf } from "./songs.js";
import { compose } from "./tones.js";

/** The page of the song with that id. */
export class SongPage {
  #abort = new AbortController();

  constructor(id) {
    this.id = id;
    this.element = make("div.song-page", { "aria-busy": "true" });
    this.refresh();
  }

  async refresh() {
    this.element.replaceChildren(make("header.song-head.is-waiting", {},
      make("span.cover.skeleton"), make("div.song-text", {}, make("span.bone"), make("span.bone"))));
    try {
      this.song = await api.song(this.id);
      this.#show();
    } catch (error) {
      this.element.replaceChildren(error.status === 404
        ? emptyNotice("No such song", "It may have left the catalogue.") : errorNotice(error, () => this.refresh()));
    }
    this.element.setAttribute("aria-busy", "false");
  }

  close() {
    this.#abort.abort();
  }

  #show() {
    const { song } = this;
    const { signal } = this.#abort;
    document.title = `${titleOf(song)} · Segue`;
    const cover = make("span.cover");
    drawCover(song, cover);
    const play = make("button.button.is-main", { type: "button", id: "song-play", onclick: () => playOrPause(song) });
    const queue = make("button.button", {
      type: "button", onclick: () => { player.add(song); toast(`Added ${titleOf(song)} to the queue`); },
    }, icon("add"), make("span", { textContent: "Add to queue" }));
    const showState = () => {
      const isSounding = player.song?.id === song.id && player.isPlaying;
      play.replaceChildren(icon(isSounding ? "pause" : "play"), make("span", { textContent: isSounding ? "Pause" : "Play" }));
    };
    for (const event of ["song", "state"]) player.addEventListener(event, showState, { signal });
    showState();
    this.element.replaceChildren(
      make("header.song-head", {}, cover, make("div.song-text", {},
        make("p.eyebrow", { textContent: "Song" }),
        make("h1", { tabIndex: -1, textContent: titleOf(song) }),
        make("p.song-artist", {}, make("a", { href: `#/search/${encodeURIComponent(artistOf(song))}`, textContent: artistOf(song) })),
        make("div.actions", {}, play, queue, ...ratingButtons(() => song, signal).buttons),
        facts(song))),
      /^https?:/.test(song.url ?? "") ? "" : this.#sketch(),
      this.#similar());
    markCurrent();
  }

  /** The tune that stands in for a recording, note by note. */
  #sketch() {
    const tune = compose(this.song);
    const [lead, pluck, bass] = lightInksOf(this.song);
    const colors = { bass, pad: pluck, pluck, lead };
    const pitches = tune.notes.map((note) => note.pitch);
    const [low, high] = [Math.min(...pitches), Math.max(...pitches)];
    const svg = shape("svg", { viewBox: "0 0 640 100", preserveAspectRatio: "none", class: "score", "aria-hidden": "true" });
    for (const note of tune.notes) {
      shape("rect", {
        x: (note.at / tune.seconds) * 640, width: Math.max(3, (note.seconds / tune.seconds) * 640 - 1.5),
        y: 92 - ((note.pitch - low) / (high - low)) * 86, height: 3.4, rx: 1.2, fill: colors[note.voice],
        "fill-opacity": note.voice === "pad" ? 0.35 : 0.95,
      }, svg);
    }
    const hand = shape("line", { y1: 0, y2: 100, x1: -9, x2: -9, class: "score-hand", "vector-effect": "non-scaling-stroke" }, svg);
    player.addEventListener("place", () => {
      const isHere = player.song?.id === this.id && player.isSketch && player.length > 0;
      const x = isHere ? (player.place / player.length) * 640 : -9;
      hand.setAttribute("x1", x);
      hand.setAttribute("x2", x);
    }, { signal: this.#abort.signal });
    return make("section.sketch", { "aria-labelledby": "sketch-title" },
      make("div.sketch-head", {}, make("h2", { id: "sketch-title", textContent: "How it sounds" }),
        make("p.shelf-note", {
          textContent: `There is no recording, so you hear a sketch made from its name: ${tune.key} ${tune.scale}, ${tune.tempo} beats a minute.`,
        })),
      svg);
  }

  #similar() {
    const list = make("ul.grid", { id: "similar", "aria-labelledby": "similar-title" }, ...skeletons("card", 6));
    const body = make("div", {}, list);
    const load = async () => {
      try {
        const { songs } = await api.similarSongs(this.id, 12);
        if (songs.length === 0) body.replaceChildren(emptyNotice("Nothing like it yet", "The next training may find some."));
        else fillList(list, songs, cardOf);
      } catch (error) {
        body.replaceChildren(errorNotice(error, () => { body.replaceChildren(list); load(); }));
      }
    };
    load();
    return make("section", { "aria-labelledby": "similar-title" },
      make("h2", { id: "similar-title", textContent: "Heard by the same people" }), body);
  }
}

function facts(song) {
  const released = song.release_date && new Date(`${song.release_date}T00:00:00Z`).toLocaleDateString("en", {
    year: "numeric", month: "long", day: "numeric", timeZone: "UTC",
  });
  const entries = [
    ["Length", song.duration_ms > 0 ? clock(song.duration_ms) : null], ["Released", released],
    ["Plays this week", grouped(song.plays_7d ?? 0)], ["Plays in all", grouped(song.plays_cumulative ?? 0)],
  ];
  return make("dl.facts", {}, entries.filter(([, value]) => value).map(([name, value]) =>
    make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value }))));
}
