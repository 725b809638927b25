// The home page: what is made for the listener, what follows from what they heard, what everybody plays, what is new.

import * as api from "./api.js";
import { drawCover } from "./covers.js";
import { icon, make } from "./dom.js";
import { listener } from "./listener.js";
import { listens } from "./listens.js";
import { player } from "./player.js";
import { ratings } from "./ratings.js";
import { Shelf } from "./shelf.js";
import { artistOf, titleOf } from "./songs.js";
import { recall, remember } from "./storage.js";

/** After a listen is stored: soon, and once more when slower parts have counted it. */
const refreshDelays = [700, 3000];

/** The page; made once a listener and kept while they look at others, so that coming back is instant. */
export class HomePage {
  #timers = [];
  #abort = new AbortController();

  constructor() {
    const user = listener.id;
    this.eyebrow = make("p.eyebrow", { textContent: greeting() });
    this.title = make("h1", { tabIndex: -1, textContent: "Made for you" });
    this.lead = make("p.hero-lead", { textContent: "\u00a0" });
    this.button = make("button.button.is-main", { type: "button", id: "play-all", disabled: true, onclick: () => this.#playAll() },
      icon("play"), make("span", { textContent: "Play" }));
    this.picture = make("div.hero-picture", { "aria-hidden": "true" }, make("span.disc"), make("span.disc"));
    this.made = new Shelf("made", "Made for you", () => this.#loadMade(user), {
      invitation: "There are no songs yet. Simulate or import some listening, and they will show up here.",
    });
    this.made.heading.classList.add("visually-hidden");
    this.because = new Shelf("because", "Because you listened", () => this.#loadBecause(user), {
      invitation: "Play a song to its end, and songs that are heard by the same people gather here.",
    });
    this.popular = new Shelf("popular", "Popular this week", () => api.popularSongs(12), {
      kind: "chart", count: 12,
    });
    this.newest = new Shelf("newest", "New", newestOrNone);
    this.element = make("div.home", {},
      make("header.hero", {}, make("div.hero-text", {}, this.eyebrow, this.title, this.lead, this.button), this.picture),
      this.made.element, this.because.element, this.popular.element, this.newest.element);
    const signal = this.#abort.signal;
    listens.addEventListener("stored", (event) => this.#heard(event.detail), { signal });
    ratings.addEventListener("stored", () => this.#refreshSoon(), { signal });
    this.refresh();
  }

  refresh() {
    for (const shelf of [this.made, this.because, this.popular, this.newest]) shelf.refresh();
  }

  /** Greets the listener by name, as soon as it is known. */
  greet() {
    this.eyebrow.textContent = `${greeting()}, ${listener.nameOf()}`;
  }

  close() {
    this.#timers.forEach(clearTimeout);
    this.#abort.abort();
  }

  async #loadMade(user) {
    const answer = await api.homeSongs(user);
    const isPersonal = answer.strategy !== "popular";
    this.greet();
    this.title.textContent = isPersonal ? "Made for you" : "To get you started";
    this.made.heading.textContent = this.title.textContent;
    this.button.disabled = answer.songs.length === 0;
    this.#showHero(answer, isPersonal);
    this.element.dataset.strategy = answer.strategy;
    return answer;
  }

  #showHero(answer, isPersonal) {
    const [first, second] = answer.songs;
    if (!first) {
      this.lead.textContent = "The catalogue is empty.";
      return;
    }
    const start = `${titleOf(first)} by ${artistOf(first)}${second ? `, then ${titleOf(second)}` : ""}.`;
    this.lead.textContent = !answer.model_version
      ? "Nothing has been learned yet, so these are the songs everybody plays."
      : !isPersonal
        ? "The songs everybody plays. Listen to a few, and this becomes yours."
        : answer.strategy === "recent" ? `From what you have just heard: ${start}` : `Begins with ${start}`;
    [first, second ?? first].forEach((song, index) => {
      const disc = this.picture.children[index];
      if (disc.dataset.song === song.id) return;
      disc.dataset.song = song.id;
      drawCover(song, disc);
    });
  }

  /** Songs like the one that was heard last: as the server remembers it, or this browser. */
  async #loadBecause(user) {
    const song = await lastHeard(user);
    if (!song) return null;
    const answer = await api.similarSongs(song.id, 18);
    const unwanted = new Set(ratings.disliked);
    return { songs: answer.songs.filter((one) => !unwanted.has(one.id)), title: `Because you listened to ${titleOf(song)}` };
  }

  #heard(events) {
    const best = events.findLast((event) => event.user_id === listener.id && event.action !== "skip");
    if (best) {
      const song = [player.song, ...player.recent].find((one) => one?.id === best.track_id);
      if (song) remember(`heard.${listener.id}`, { id: song.id, title: song.title, artist: song.artist });
    }
    this.#refreshSoon();
  }

  #refreshSoon() {
    this.#timers.forEach(clearTimeout);
    this.#timers = refreshDelays.map((delay) => setTimeout(() => {
      this.made.refresh();
      this.because.refresh();
    }, delay));
  }

  #playAll() {
    if (this.made.songs.length > 0) player.play(this.made.songs[0]);
  }
}

async function lastHeard(user) {
  const own = recall(`heard.${user}`);
  if (own) return own;
  // Where no history is kept, the shelf comes with the first song that is heard here.
  if (!await api.offers("/users/{id}/history")) return null;
  const { listens: heard } = await api.history(user, 20);
  return heard.find((listen) => listen.action !== "skip")?.song ?? null;
}

async function newestOrNone() {
  return await api.offers("/newest") ? api.newSongs() : null;
}

function greeting() {
  const hour = new Date().getHours();
  return hour < 5 ? "Good night" : hour < 12 ? "Good morning" : hour < 18 ? "Good afternoon" : "Good evening";
}
