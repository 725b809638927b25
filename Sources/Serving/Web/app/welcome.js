// Who is listening: sign in by name or id, or choose one of the listeners the server knows.

import { icon, make } from "./dom.js";
import { avatarOf, listener, plain } from "./listener.js";

const shownCount = 60;

/** The page to sign in with. */
export class WelcomePage {
  #abort = new AbortController();

  constructor() {
    this.field = make("input", {
      id: "who", type: "text", name: "who", placeholder: "Name or id", autocomplete: "off", autocapitalize: "off",
      spellcheck: "false", maxlength: "64", "aria-describedby": "who-note",
    });
    this.note = make("p.welcome-note", { id: "who-note" });
    this.people = make("ul.people", { id: "people", "aria-label": "Listeners of this server" });
    const form = make("form.welcome-form", { onsubmit: (event) => this.#submit(event) },
      make("label.visually-hidden", { for: "who", textContent: "Your name or id" }), this.field,
      make("button.button.is-main", { type: "submit" }, make("span", { textContent: "Listen" }), icon("right")));
    this.element = make("div.welcome", {},
      make("div.welcome-intro", {},
        make("span.welcome-mark", { "aria-hidden": "true" }),
        make("h1", { tabIndex: -1, textContent: "Who is listening?" }),
        make("p.hero-lead", { textContent: "One song leads to the next. Tell Segue who you are, and it learns where yours should go." }),
        form, this.note),
      this.people);
    this.field.addEventListener("input", () => this.#show());
    listener.addEventListener("change", () => this.#show(), { signal: this.#abort.signal });
    this.#show();
  }

  close() {
    this.#abort.abort();
  }

  #submit(event) {
    event.preventDefault();
    if (this.field.value.trim()) listener.signIn(this.field.value);
    else this.field.focus();
  }

  #show() {
    const wanted = plain(this.field.value.trim());
    const found = listener.people.filter((person) => plain(`${person.username || ""} ${person.id}`).includes(wanted));
    const isKnown = found.some((person) => plain(person.id) === wanted || plain(person.username || "") === wanted);
    this.note.textContent = wanted && !isKnown
      ? "Nobody is called that here yet: you start fresh, and your listens teach Segue your taste." : "\u00a0";
    this.people.replaceChildren(...found.slice(0, shownCount).map((person) =>
      make("li", {}, make("button.person", { type: "button", "data-user": person.id, onclick: () => listener.signIn(person.id) },
        avatarOf(person.id),
        make("span.person-text", {},
          make("span.person-name", { textContent: person.username || person.id }),
          make("span.person-id", {
            textContent: person.username ? person.id : person.model_version ? "known to the model" : "new",
          }))))));
  }
}
