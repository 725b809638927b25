// Likes and dislikes of the listener. Where the server has no ratings, the buttons stay away.

import * as api from "./api.js";
import { announce, iconButton, toast } from "./dom.js";
import { listener } from "./listener.js";

/** Dispatches `change` when a rating changes or other ratings apply. */
class Ratings extends EventTarget {
  isOffered = false;
  #ratings = new Map();

  /** Reads what the listener has rated. */
  async load() {
    const user = listener.id;
    this.#ratings.clear();
    this.isOffered = false;
    if (user && await api.offers("/users/{id}/ratings")) {
      try {
        const answer = await api.ratings(user);
        if (listener.id !== user) return;
        for (const one of answer.ratings) this.#ratings.set(one.song?.id ?? one.track_id, verdictOf(one.rating));
        this.isOffered = true;
      } catch {
        this.isOffered = false;
      }
    }
    document.documentElement.classList.toggle("has-ratings", this.isOffered);
    this.dispatchEvent(new Event("change"));
  }

  /** `like`, `dislike` or null. */
  of(song) {
    return this.#ratings.get(song.id) ?? null;
  }

  get disliked() {
    return [...this.#ratings].filter(([, rating]) => rating === "dislike").map(([id]) => id);
  }

  /** Likes or dislikes a song; the same again takes it back. */
  async toggle(song, rating) {
    if (!this.isOffered || !song) return;
    const before = this.of(song);
    const after = before === rating ? null : rating;
    this.#set(song, after);
    try {
      await api.rate(listener.id, song.id, after);
      const title = song.title || song.id;
      announce(after === "like" ? `Liked ${title}` : after ? `${title} will not be played again` : `Rating of ${title} removed`);
      this.dispatchEvent(new CustomEvent("stored", { detail: { song, rating: after } }));
    } catch (error) {
      this.#set(song, before);
      toast(`Not saved: ${error.message}`);
    }
  }

  #set(song, rating) {
    if (rating) this.#ratings.set(song.id, rating);
    else this.#ratings.delete(song.id);
    this.dispatchEvent(new Event("change"));
  }
}

/** A rating as the API says it: words, or one star, which the server takes for a dislike, to five. */
const verdictOf = (rating) => (rating === "dislike" || rating === 1 ? "dislike" : rating === "like" || rating >= 4 ? "like" : null);

export const ratings = new Ratings();

/** The two buttons of a song; `songOf` tells which, when it is pressed. They live as long as the page or `signal`. */
export function ratingButtons(songOf, signal) {
  const buttons = ["like", "dislike"].map((rating) => {
    const label = rating === "like" ? "Like" : "Never play this again";
    return iconButton(rating, label, () => ratings.toggle(songOf(), rating), { "data-rating": rating });
  });
  const show = () => {
    const song = songOf();
    for (const button of buttons) {
      button.hidden = !ratings.isOffered;
      button.setAttribute("aria-pressed", String(Boolean(song) && ratings.of(song) === button.dataset.rating));
    }
  };
  ratings.addEventListener("change", show, { signal });
  show();
  return { buttons, show };
}
