// Who listens: chosen once, remembered by the browser.

import * as api from "./api.js";
import { make } from "./dom.js";
import { randomOf } from "./seed.js";
import { recall, remember } from "./storage.js";

/** Dispatches `change` when another listener signs in or the listener leaves. */
class Listener extends EventTarget {
  id = recall("user");
  people = [];

  /** Asks the server whom it knows; the page works without, too. */
  async load() {
    this.people = (await api.listeners()).users;
    this.dispatchEvent(new Event("change"));
  }

  /** Name of a listener, by default of who listens now. */
  nameOf(id = this.id) {
    return this.people.find((person) => person.id === id)?.username || id || "";
  }

  /** Signs in by id, or by the exact name of somebody the server knows. */
  signIn(text) {
    const wanted = plain(text.trim());
    const known = this.people.find((person) => person.id === text.trim())
      || this.people.find((person) => plain(person.username || "") === wanted);
    this.id = known?.id ?? text.trim();
    remember("user", this.id);
    this.dispatchEvent(new Event("change"));
  }

  signOut() {
    this.id = null;
    remember("user", null);
    this.dispatchEvent(new Event("change"));
  }
}

export const listener = new Listener();

/** A text without case and diacritics, for comparing what people type. */
export const plain = (text) => text.toLowerCase().replace(/đ/g, "d").normalize("NFD").replace(/\p{M}/gu, "");

/** A round picture of a listener. */
export function avatarOf(id) {
  const avatar = make("span.avatar", { "aria-hidden": "true", textContent: initialsOf(listener.nameOf(id)) });
  avatar.style.setProperty("--hue", Math.floor(randomOf(id)() * 360));
  return avatar;
}

function initialsOf(name) {
  const words = name.match(/\p{L}+/gu) || [];
  // An id such as u000042 is told apart by its end, a name by its first letters.
  if (/\d$/.test(name) || words.length === 0) return [...name].slice(-2).join("");
  return [words[0], words.length > 1 ? words[words.length - 1] : ""].map((word) => [...word][0] ?? "").join("").toUpperCase();
}
