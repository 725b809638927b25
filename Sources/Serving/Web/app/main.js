// Segue in the browser: plain modules, no build step, nothing from outside. Everything shown comes from the REST API of the
// same server; everything heard goes back to it as events.

import { setToken } from "./api.js";
import { wirePlayerBar } from "./bar.js";
import { $, make } from "./dom.js";
import { HomePage } from "./home.js";
import { showHelp, wireKeys } from "./keys.js";
import { avatarOf, listener } from "./listener.js";
import { listens } from "./listens.js";
import { emptyNotice } from "./notices.js";
import { player } from "./player.js";
import { ratings } from "./ratings.js";
import { SearchPage, wireSearchField } from "./search.js";
import { SongPage } from "./song.js";
import { markCurrent } from "./songs.js";
import { wireTheme } from "./theme.js";
import { WelcomePage } from "./welcome.js";

let page = null;
let home = null;
let shownUser;
const places = new Map();
let address = location.hash;

/** Shows the page of the address: `#/`, `#/song/ID`, `#/search/WORDS`, `#/who`. */
function route() {
  places.set(address, scrollY);
  const before = address;
  address = location.hash;
  const [, name = "", argument = ""] = address.split("/");
  const text = decode(argument);
  document.body.dataset.page = listener.id ? name || "home" : "who";
  if (name !== "search") $("search").value = "";
  if (!listener.id || name === "who") open(new WelcomePage(), "Who is listening?");
  else if (name === "song") open(new SongPage(text), "Song");
  else if (name === "search") {
    if (document.activeElement !== $("search")) $("search").value = text;
    if (!(page instanceof SearchPage)) open(new SearchPage(), "Search", { keepsFocus: true });
    page.show(text);
    title(text ? `“${text}”` : "Search");
  } else if (name === "") {
    home ??= new HomePage();
    open(home, "Home", { keepsFocus: document.activeElement === $("search") });
  } else open({ element: emptyNotice("There is no such page", "The address may be mistyped.") }, "Not found");
  if (before !== address) scrollTo(0, name === "" ? places.get(address) ?? 0 : 0);
  markCurrent();
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function open(next, name, { keepsFocus = false } = {}) {
  if (page && page !== home) page.close?.();
  const isFirst = page === null;
  page = next;
  $("view").replaceChildren(next.element);
  title(name);
  // Who uses a screen reader is told of the new page by its heading.
  if (!isFirst && !keepsFocus) $("view").querySelector("h1")?.focus({ preventScroll: true });
}

function title(name) {
  const text = name === "Home" ? "Segue" : `${name} · Segue`;
  document.title = player.isPlaying ? `▸ ${text}` : text;
}

/** Another listener signed in or left, or the server told their names. */
function showListener() {
  const { id } = listener;
  $("listener").hidden = !id;
  if (id) {
    $("listener").setAttribute("aria-label", `Listening as ${listener.nameOf()}. Change the listener`);
    $("listener").replaceChildren(avatarOf(id), make("span.listener-name", { textContent: listener.nameOf() }));
  }
  if (id === shownUser) return home?.greet();
  const isFirst = shownUser === undefined;
  shownUser = id;
  home?.close();
  home = null;
  if (!isFirst) player.clear();
  ratings.load();
  if (isFirst) return;
  if (location.hash === "#/" || location.hash === "") route();
  else location.hash = "#/";
}

function begin() {
  const asked = new URLSearchParams(location.search);
  if (asked.get("token")) setToken(asked.get("token"));
  if (asked.get("user")) listener.signIn(asked.get("user"));
  if (location.search) history.replaceState(null, "", location.pathname + location.hash);
  wireTheme();
  wirePlayerBar();
  wireSearchField();
  wireKeys();
  $("listener").onclick = () => { location.hash = "#/who"; };
  $("help-open").onclick = showHelp;
  // The address belongs to the pages, so the link to the songs moves the focus by hand.
  document.querySelector(".skip").onclick = (event) => {
    event.preventDefault();
    $("view").focus();
  };
  listener.addEventListener("change", showListener);
  addEventListener("hashchange", route);
  showListener();
  route();
  // The page works without the names; the first answer that fails says why where it is needed.
  listener.load().catch(() => {});
  listens.send();
}

begin();
