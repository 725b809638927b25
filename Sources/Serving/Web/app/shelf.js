// A shelf: a heading, and songs side by side that scroll.

import { iconButton, make } from "./dom.js";
import { errorNotice } from "./notices.js";
import { cardOf, fillList, rowOf, skeletons } from "./songs.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * A section of the home page that fills itself: `load` answers `{ songs, title?, note? }`, or null when there is nothing to show
 * yet. Then `invitation` stands in its place, at its size; without one the section stays away.
 */
export class Shelf {
  songs = [];
  #load;
  #kind;
  #title;
  #invitation;
  #turn = 0;

  /** `kind`: `cards` side by side, or a `chart` of numbered rows. */
  constructor(id, title, load, { kind = "cards", count = 10, invitation = null } = {}) {
    this.#load = load;
    this.#kind = kind;
    this.#title = title;
    this.#invitation = invitation;
    this.heading = make("h2", { id: `${id}-title`, textContent: title });
    this.note = make("p.shelf-note");
    this.list = make(kind === "chart" ? "ol.chart" : "ul.shelf", { id, "aria-labelledby": `${id}-title` });
    this.list.append(...skeletons(kind === "chart" ? "row" : "card", count));
    this.body = make("div.shelf-body", {}, this.list);
    const scroll = (way) => () => this.list.scrollBy({
      left: way * this.list.clientWidth * 0.8, behavior: calm.matches ? "auto" : "smooth",
    });
    this.arrows = kind === "chart" ? null : make("div.shelf-arrows", {},
      iconButton("left", "Scroll back", scroll(-1), { tabIndex: -1 }), iconButton("right", "Scroll on", scroll(1), { tabIndex: -1 }));
    this.element = make("section.shelf-section", { "aria-labelledby": `${id}-title`, "aria-busy": "true" },
      make("div.shelf-head", {}, make("div", {}, this.heading, this.note), this.arrows), this.body);
  }

  /** Reads the songs anew; what is shown stays until they are there. */
  async refresh() {
    const turn = ++this.#turn;
    try {
      const answer = await this.#load();
      if (turn !== this.#turn) return;
      const hasSongs = Boolean(answer) && answer.songs.length > 0;
      this.element.hidden = !hasSongs && !this.#invitation;
      if (hasSongs) this.show(answer);
      else if (this.#invitation) this.#invite();
    } catch (error) {
      // An older list is better than none.
      if (turn !== this.#turn || this.songs.length > 0) return;
      this.element.hidden = false;
      this.#showArrows(false);
      this.body.replaceChildren(errorNotice(error, () => this.refresh()));
    }
    this.element.setAttribute("aria-busy", "false");
  }

  #invite() {
    this.songs = [];
    this.heading.textContent = this.#title;
    this.#showArrows(false);
    this.body.replaceChildren(make("p.invitation", { textContent: this.#invitation }));
  }

  #showArrows(isShown) {
    if (this.arrows) this.arrows.hidden = !isShown;
  }

  show({ songs, title, note }) {
    this.#showArrows(songs.length > 0);
    if (title) this.heading.textContent = title;
    this.note.textContent = note ?? "";
    this.note.hidden = !note;
    if (this.list.parentElement !== this.body) this.body.replaceChildren(this.list);
    this.songs = songs;
    const make = this.#kind === "chart"
      ? (song, index) => rowOf(song, { rank: index + 1 })
      : cardOf;
    fillList(this.list, songs, make);
    if (this.#kind === "chart") {
      [...this.list.children].forEach((row, index) => { row.querySelector(".rank").textContent = index + 1; });
    }
  }
}
