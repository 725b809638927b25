// What was heard goes to the event log. It is kept in the browser until the server has it, so a listen survives a server
// that is away; the server counts the same listen (user, song, start) once.

import * as api from "./api.js";
import { recall, remember } from "./storage.js";

const keptCount = 200;

/** Dispatches `stored` (detail: the events) when the server has taken some, `waiting` when it could not be reached. */
class Listens extends EventTarget {
  #waiting = recall("outbox", []);
  #isSending = false;
  #delay = 1000;
  #timer = 0;

  /** How a play of a song ended, by how much of it was heard: `skip`, `listen` or `complete`. */
  static actionOf(share) {
    return share >= 0.9 ? "complete" : share >= 0.3 ? "listen" : "skip";
  }

  /** Takes a listen: who, what, when it began (epoch milliseconds), and the share of the song that was heard. */
  add(user, song, startedAt, share) {
    const total = song.duration_ms > 0 ? song.duration_ms : 180000;
    this.#waiting.push({
      user_id: user, track_id: song.id, timestamp: startedAt, action: Listens.actionOf(share),
      duration: Math.round(Math.min(1, share) * total), total_duration: total, source: "real_user",
    });
    this.#waiting = this.#waiting.slice(-keptCount);
    this.#keep();
    this.send();
  }

  /** Sends what waits; tries again by itself, less and less often. */
  async send() {
    if (this.#isSending || this.#waiting.length === 0) return;
    this.#isSending = true;
    clearTimeout(this.#timer);
    const events = this.#waiting.slice();
    try {
      await api.sendEvents(events);
      this.#settle(events);
      this.dispatchEvent(new CustomEvent("stored", { detail: events }));
    } catch (error) {
      if (error.isPassing) {
        this.#timer = setTimeout(() => this.send(), this.#delay);
        this.#delay = Math.min(this.#delay * 2, 60000);
      } else {
        // The server will never take these: keeping them would hold up the ones that follow.
        this.#settle(events);
      }
      this.dispatchEvent(new CustomEvent("waiting", { detail: error }));
    }
    this.#isSending = false;
    if (this.#waiting.length > 0 && this.#delay === 1000) this.send();
  }

  #settle(events) {
    this.#delay = 1000;
    this.#waiting = this.#waiting.filter((event) => !events.includes(event));
    this.#keep();
  }

  #keep() {
    remember("outbox", this.#waiting.length > 0 ? this.#waiting : null);
  }
}

export const listens = new Listens();
