// Search as you type. The words are part of the address, so that a search can be kept and gone back to.

import * as api from "./api.js";
import { $, make } from "./dom.js";
import { emptyNotice, errorNotice } from "./notices.js";
import { fillList, rowOf, skeletons } from "./songs.js";

const pauseMilliseconds = 140;

/** The page of results; it stays while the words change. */
export class SearchPage {
  #abort = null;

  constructor() {
    this.title = make("h1", { tabIndex: -1, textContent: "Search" });
    this.count = make("p.shelf-note", { role: "status", textContent: "\u00a0" });
    this.list = make("ol.results", { id: "results", "aria-label": "Songs found" });
    this.body = make("div", {}, this.list);
    this.element = make("div.search-page", {}, this.title, this.count, this.body);
  }

  /** Shows what is found for a text. */
  async show(text) {
    this.#abort?.abort();
    this.title.textContent = text ? `“${text}”` : "Search";
    if (!text) {
      this.count.textContent = "Titles and artists; small mistakes are forgiven.";
      this.list.replaceChildren();
      this.body.replaceChildren(this.list);
      return;
    }
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    if (this.list.children.length === 0) this.list.replaceChildren(...skeletons("row", 8));
    try {
      const { songs } = await api.search(text, signal);
      if (signal.aborted) return;
      this.count.textContent = songs.length === 0 ? "\u00a0" : songs.length === 1 ? "1 song" : `${songs.length}${songs.length === 40 ? " or more" : ""} songs`;
      if (songs.length > 0) {
        this.body.replaceChildren(this.list);
        fillList(this.list, songs, (song) => rowOf(song));
      } else {
        this.list.replaceChildren();
        this.body.replaceChildren(emptyNotice("Nothing found", "Try fewer or other words."));
      }
    } catch (error) {
      if (error.name === "AbortError") return;
      this.count.textContent = "\u00a0";
      this.list.replaceChildren();
      this.body.replaceChildren(errorNotice(error, () => this.show(text)));
    }
  }

  close() {
    this.#abort?.abort();
  }
}

/** Lets the field in the page's head lead to the results. */
export function wireSearchField() {
  const field = $("search");
  let timer = 0;
  const go = () => {
    clearTimeout(timer);
    const text = field.value.trim();
    const address = text ? `#/search/${encodeURIComponent(text)}` : "#/";
    if (address === location.hash) return;
    // Only the first letter makes an entry in the history, not each.
    if (location.hash.startsWith("#/search") && text) {
      history.replaceState(null, "", address);
      dispatchEvent(new HashChangeEvent("hashchange"));
    } else {
      location.hash = address;
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(go, pauseMilliseconds);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") go();
    if (event.key === "Escape") field.blur();
    if (event.key === "ArrowDown") {
      event.preventDefault();
      document.querySelector("#results a, #view a, #view button")?.focus();
    }
  });
  field.form.addEventListener("submit", (event) => event.preventDefault());
}
