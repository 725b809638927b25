// What a part of the page shows when it has nothing, or could not get it.

import { setToken } from "./api.js";
import { make } from "./dom.js";

/** Nothing is there, and that is all right. */
export const emptyNotice = (title, text) =>
  make("div.state", { role: "status" }, mark(), make("p.state-title", { textContent: title }), make("p", { textContent: text }));

/** Something did not work; `again` tries once more. A server that asks who is calling is told by a token. */
export function errorNotice(error, again) {
  if (error.needsToken) return tokenNotice(error, again);
  return make("div.state.is-error", { role: "alert" }, mark(),
    make("p.state-title", { textContent: "That did not work" }), make("p", { textContent: error.message }),
    make("button.button", { type: "button", onclick: again, textContent: "Try again" }));
}

function tokenNotice(error, again) {
  const field = make("input", { type: "password", autocomplete: "off", "aria-label": "Token", placeholder: "Token" });
  const submit = (event) => {
    event.preventDefault();
    setToken(field.value.trim());
    again();
  };
  return make("div.state", { role: "alert" }, mark(),
    make("p.state-title", { textContent: "This server asks who you are" }), make("p", { textContent: error.message }),
    make("form.token-form", { onsubmit: submit }, field, make("button.button.is-main", { type: "submit", textContent: "Go on" })));
}

const mark = () => make("span.state-mark", { "aria-hidden": "true" });
