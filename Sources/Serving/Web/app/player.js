// Plays songs one after another. What comes next is asked from /recommend/next while a song plays; songs the listener put
// into the queue come first. Every song that was left tells `listens` how much of it was heard.

import * as api from "./api.js";
import { listener } from "./listener.js";
import { listens } from "./listens.js";
import { ratings } from "./ratings.js";
import { recordingOf } from "./sound.js";
import { recall, remember } from "./storage.js";

const fillCount = 12;
const rememberedCount = 50;
/** Who leaves sooner has neither heard nor judged the song. */
const leastSeconds = 1;

/**
 * Dispatches `song` when another song starts, `state` when it plays, pauses or loads, `place` when time passes, `queue`
 * when what comes next changes, `trouble` (detail: a sentence) when something did not work.
 */
class Player extends EventTarget {
  song = null;
  /** What the listener put next. */
  chosen = [];
  /** What the recommender put next. */
  suggested = [];
  /** How the suggestions were found; null while they are looked for. */
  strategy = null;
  isLoading = false;
  isSketch = false;
  #played = [];
  #startedAt = 0;
  #isReported = true;
  #turn = 0;
  #filling = null;

  /** Uses an audio element of the page. */
  attach(audio) {
    this.audio = audio;
    audio.volume = recall("volume", 0.8);
    audio.muted = recall("muted", false);
    audio.addEventListener("play", () => this.#tell("state"));
    audio.addEventListener("pause", () => this.#tell("state"));
    audio.addEventListener("playing", () => this.#setLoading(false));
    audio.addEventListener("waiting", () => this.#setLoading(true));
    audio.addEventListener("timeupdate", () => this.#passTime());
    audio.addEventListener("durationchange", () => this.#tell("place"));
    audio.addEventListener("ended", () => this.#end());
    audio.addEventListener("error", () => this.#fail());
    addEventListener("pagehide", () => this.#report());
    this.#useMediaKeys();
  }

  get isPlaying() {
    return Boolean(this.song) && !this.audio.paused;
  }

  /** Seconds played, and seconds there are (0 while unknown). */
  get place() {
    return this.audio.currentTime;
  }

  get length() {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : 0;
  }

  get queue() {
    return [...this.chosen, ...this.suggested];
  }

  get hasPrevious() {
    return this.#played.length > 0;
  }

  get recent() {
    return this.#played.slice(-rememberedCount);
  }

  /** Plays a song from its beginning; what played is left. */
  async play(song, { isBack = false } = {}) {
    this.#report();
    if (this.song && !isBack && this.song.id !== song.id) this.#played = [...this.#played.slice(-rememberedCount), this.song];
    const turn = ++this.#turn;
    this.song = song;
    this.#startedAt = Date.now();
    this.#isReported = false;
    this.chosen = this.chosen.filter((one) => one.id !== song.id);
    this.suggested = this.suggested.filter((one) => one.id !== song.id);
    this.audio.pause();
    this.isLoading = true;
    this.#tell("song");
    this.#tell("state");
    this.#filling = this.fill();
    await this.#open(song, turn);
  }

  toggle() {
    if (!this.song) return;
    if (this.audio.paused) this.#start(this.#turn);
    else this.audio.pause();
  }

  next() {
    const song = this.chosen.shift() ?? this.suggested.shift();
    if (song) this.play(song);
  }

  /** The song before; the beginning of this one when more than a few seconds were heard. */
  previous() {
    if (this.place > 4 || !this.hasPrevious) return this.seek(0);
    return this.play(this.#played.pop(), { isBack: true });
  }

  /** Goes to a place in seconds. */
  seek(seconds) {
    if (!this.song || this.length === 0) return;
    this.audio.currentTime = Math.max(0, Math.min(seconds, this.length - 0.05));
    this.#tell("place");
  }

  /** Puts a song behind those the listener chose before. */
  add(song) {
    this.chosen = [...this.chosen.filter((one) => one.id !== song.id), song];
    this.suggested = this.suggested.filter((one) => one.id !== song.id);
    if (!this.song) this.next();
    this.#tell("queue");
  }

  remove(song) {
    this.chosen = this.chosen.filter((one) => one.id !== song.id);
    this.suggested = this.suggested.filter((one) => one.id !== song.id);
    this.#tell("queue");
  }

  setVolume(volume) {
    this.audio.volume = volume;
    this.audio.muted = volume === 0;
    remember("volume", volume);
    this.#tell("state");
  }

  toggleSound() {
    this.audio.muted = !this.audio.muted;
    remember("muted", this.audio.muted);
    this.#tell("state");
  }

  /** Stops, tells what was heard, and forgets: another listener comes. */
  clear() {
    this.#report();
    this.#turn += 1;
    this.audio?.pause();
    this.song = null;
    [this.chosen, this.suggested, this.#played] = [[], [], []];
    this.#tell("song");
    this.#tell("queue");
  }

  /** Asks what should follow the song that plays. */
  async fill() {
    const [song, turn] = [this.song, this.#turn];
    this.strategy = null;
    this.#tell("queue");
    try {
      const known = [...this.recent, ...this.chosen].map((one) => one.id);
      const exclude = [...new Set([...known, ...ratings.disliked.slice(-500)])];
      const answer = await api.nextSongs(listener.id, song.id, exclude, fillCount);
      if (turn !== this.#turn) return;
      this.suggested = answer.songs;
      this.strategy = answer.strategy;
      this.#prepareNext();
    } catch (error) {
      if (turn !== this.#turn) return;
      this.strategy = "unknown";
      this.dispatchEvent(new CustomEvent("trouble", { detail: `What comes next is not known: ${error.message}` }));
    }
    this.#tell("queue");
  }

  async #open(song, turn, isSketch = !/^https?:/.test(song.url ?? "")) {
    this.isSketch = isSketch;
    try {
      const address = isSketch ? await recordingOf(song) : song.url;
      if (turn !== this.#turn) return;
      this.audio.src = address;
      await this.#start(turn);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#setLoading(false);
      this.dispatchEvent(new CustomEvent("trouble", { detail: `This song cannot be played: ${error.message}` }));
    }
  }

  async #start(turn) {
    try {
      await this.audio.play();
    } catch (error) {
      // A newer song interrupts this one, or the browser waits for a press: neither is a failure.
      if (turn === this.#turn && error.name !== "AbortError") this.#setLoading(false);
    }
  }

  /** The next tune is made while this one plays, so that one song runs into the other. */
  #prepareNext() {
    const next = this.queue[0];
    if (next && !/^https?:/.test(next.url ?? "")) recordingOf(next).catch(() => {});
  }

  #passTime() {
    this.#tell("place");
    navigator.mediaSession?.setPositionState?.(this.length > 0
      ? { duration: this.length, position: Math.min(this.place, this.length), playbackRate: this.audio.playbackRate } : undefined);
  }

  async #end() {
    this.#report();
    const turn = this.#turn;
    if (this.queue.length === 0) await this.#filling;
    if (turn !== this.#turn) return;
    if (this.queue.length > 0) this.next();
    else this.#tell("state");
  }

  /** A recording that cannot be had is replaced by the song's tune. */
  #fail() {
    if (!this.song || this.isSketch) return this.#setLoading(false);
    this.dispatchEvent(new CustomEvent("trouble", { detail: "The recording cannot be reached; here is a sketch instead." }));
    this.#open(this.song, this.#turn, true);
  }

  #report() {
    if (!this.song || this.#isReported || !listener.id) return;
    this.#isReported = true;
    const ranges = this.audio.played;
    let seconds = 0;
    for (let index = 0; index < ranges.length; index += 1) seconds += ranges.end(index) - ranges.start(index);
    if (this.length === 0 || seconds < leastSeconds) return;
    listens.add(listener.id, this.song, this.#startedAt, seconds / this.length);
  }

  #setLoading(isLoading) {
    this.isLoading = isLoading;
    this.#tell("state");
  }

  #tell(what) {
    this.dispatchEvent(new Event(what));
  }

  /** Lock screens and the keys of headsets. */
  #useMediaKeys() {
    const session = navigator.mediaSession;
    if (!session) return;
    session.setActionHandler("play", () => this.toggle());
    session.setActionHandler("pause", () => this.toggle());
    session.setActionHandler("nexttrack", () => this.next());
    session.setActionHandler("previoustrack", () => this.previous());
    session.setActionHandler("seekto", (details) => this.seek(details.seekTime));
    this.addEventListener("song", () => {
      session.metadata = this.song
        ? new MediaMetadata({ title: this.song.title || this.song.id, artist: this.song.artist || "" }) : null;
    });
  }
}

export const player = new Player();
