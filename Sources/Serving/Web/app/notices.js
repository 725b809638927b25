// What a part of the page shows when it has nothing, or could not get it.

import { make } from "./dom.js";

/** Nothing is there, and that is all right. */
export const emptyNotice = (title, text) =>
  make("div.state", { role: "status" }, mark(), make("p.state-title", { textContent: title }), make("p", { textContent: text }));

/** Something did not work; `again` tries once more. */
export const errorNotice = (error, again) =>
  make("div.state.is-error", { role: "alert" }, mark(),
    make("p.state-title", { textContent: "That did not work" }), make("p", { textContent: error.message }),
    make("button.button", { type: "button", onclick: again, textContent: "Try again" }));

const mark = () => make("span.state-mark", { "aria-hidden": "true" });
