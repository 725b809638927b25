// Small words for building the page: elements, icons, numbers.

export const $ = (id) => document.getElementById(id);

const svgSpace = "http://www.w3.org/2000/svg";

/** Makes an element: `make("a.row", { href, onclick, "aria-label": … }, child, …)`. Null children and values are left out. */
export function make(description, properties = {}, ...children) {
  const [name, ...classes] = description.split(".");
  const element = document.createElement(name || "div");
  if (classes.length > 0) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (key.startsWith("on") || key in { hidden: 1, disabled: 1, textContent: 1, tabIndex: 1, value: 1 }) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Makes an SVG element inside `parent`. */
export function shape(name, attributes = {}, parent = null, ...children) {
  const element = document.createElementNS(svgSpace, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  element.append(...children);
  parent?.append(element);
  return element;
}

const paths = {
  play: ["solid", "M8 5.2v13.6c0 .8.9 1.3 1.6.8l10-6.8c.6-.4.6-1.2 0-1.6l-10-6.8C8.9 3.9 8 4.4 8 5.2Z"],
  pause: ["solid", "M7 4.5h3.2c.4 0 .8.4.8.8v13.4c0 .4-.4.8-.8.8H7c-.4 0-.8-.4-.8-.8V5.3c0-.4.4-.8.8-.8Zm6.8 0H17c.4 0 .8.4.8.8v13.4c0 .4-.4.8-.8.8h-3.2c-.4 0-.8-.4-.8-.8V5.3c0-.4.4-.8.8-.8Z"],
  next: ["solid", "M5.5 6v12c0 .8.9 1.2 1.5.8l8.5-6c.5-.4.5-1.2 0-1.6L7 5.2C6.4 4.8 5.5 5.2 5.5 6ZM16.5 5h2v14h-2z"],
  previous: ["solid", "M18.5 6v12c0 .8-.9 1.2-1.5.8l-8.5-6c-.5-.4-.5-1.2 0-1.6l8.5-6c.6-.4 1.5 0 1.5.8ZM5.5 5h2v14h-2z"],
  like: ["line", "M12 20.2C7.2 16.6 3.5 13.4 3.5 9.3A4.6 4.6 0 0 1 8.1 4.6c1.6 0 3 .8 3.9 2.1a4.7 4.7 0 0 1 3.9-2.1 4.6 4.6 0 0 1 4.6 4.7c0 4.1-3.7 7.3-8.5 10.9Z"],
  dislike: ["line", "M5.6 5.6 18.4 18.4M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z"],
  queue: ["line", "M4 6.5h16M4 12h9M4 17.5h9m4-4.8v6.6l4-3.3z"],
  add: ["line", "M12 5.5v13M5.5 12h13"],
  check: ["line", "m5.5 12.5 4.3 4.3 8.7-9.6"],
  close: ["line", "m6.5 6.5 11 11m0-11-11 11"],
  search: ["line", "M16.2 16.2 20.5 20.5M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z"],
  sound: ["line", "M4 9.6v4.8h3.3L12 18.6V5.4L7.3 9.6zM15.4 9a4.2 4.2 0 0 1 0 6m2.6-8.6a8 8 0 0 1 0 11.2"],
  silence: ["line", "M4 9.6v4.8h3.3L12 18.6V5.4L7.3 9.6zM16 9.7l4.6 4.6m0-4.6L16 14.3"],
  left: ["line", "m14.5 6-6 6 6 6"],
  right: ["line", "m9.5 6 6 6-6 6"],
  sun: ["line", "M12 3v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Z"],
  moon: ["line", "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z"],
  keys: ["line", "M9.2 9.2a2.8 2.8 0 1 1 4.4 2.3c-1 .7-1.6 1.2-1.6 2.4m0 3v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z"],
};

/** A picture beside or instead of words; always hidden from screen readers. */
export function icon(name) {
  const [style, path] = paths[name];
  return shape("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: `icon ${style}` }, null, shape("path", { d: path }));
}

/** A round button that shows only a picture; `label` is its name. */
export function iconButton(name, label, onclick, more = {}) {
  return make("button.icon-button", { type: "button", "aria-label": label, title: label, onclick, ...more }, icon(name));
}

/** Changes the picture and name of an icon button. */
export function setIcon(button, name, label) {
  if (button.dataset.icon !== name) button.replaceChildren(icon(name));
  button.dataset.icon = name;
  button.setAttribute("aria-label", label);
  button.title = label;
}

/** `3:07`. */
export function clock(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `1.2K`. */
export const short = (number) => compact.format(number);

/** `1,234`. */
export const grouped = (number) => new Intl.NumberFormat("en").format(number);

/** Says something to people who do not see the page. */
export function announce(text) {
  $("announcer").textContent = text;
}

let toastTimer = 0;

/** Shows a sentence for some seconds, and says it. */
export function toast(text) {
  const element = $("toast");
  element.textContent = text;
  element.classList.add("is-shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => element.classList.remove("is-shown"), 3200);
}
