"use strict";

// The page of Segue: who listens, what is made for them, and what comes next. Plain DOM, no build step, nothing from
// outside. Everything shown comes from the REST API of the same server; everything heard goes back to it as events.

const $ = (id) => document.getElementById(id);
const state = { user: null, people: [], home: [], queue: [], played: [], current: null, request: 0 };

// ── The API ────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function api(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), keepalive: true,
  };
  const response = await fetch(path, options);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.detail || `The server answered ${response.status}.`);
  return answer;
}

const home = (user) => api(`/recommend/home?user_id=${encodeURIComponent(user)}&limit=18`);
const popular = () => api("/popular?limit=12");
const people = () => api("/users?limit=100");
const following = (song, exclude, limit) =>
  api("/recommend/next", { user_id: state.user, track_id: song.id, limit, exclude });

// ── Covers, drawn from the id: the same song looks the same everywhere ───────────────────────────────────────────────

function seedOf(text) {
  let hash = 2166136261;
  for (const character of text) hash = Math.imul(hash ^ character.codePointAt(0), 16777619);
  return hash >>> 0;
}

function randomOf(text) {
  let value = seedOf(text);
  return () => {
    value = (value + 0x6d2b79f5) | 0;
    let mixed = Math.imul(value ^ (value >>> 15), 1 | value);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function shape(name, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  parent.append(element);
  return element;
}

function draw(song, target) {
  target.replaceChildren();
  if (song.image_url && /^https?:/.test(song.image_url)) {
    const image = new Image();
    image.alt = "";
    image.loading = "lazy";
    image.onerror = () => drawPattern(song, target);
    image.src = song.image_url;
    target.append(image);
  } else {
    drawPattern(song, target);
  }
}

const patterns = [rings, hills, petals, bars, grid];

function drawPattern(song, target) {
  target.replaceChildren();
  // The artist gives the colours, the song the picture: a shelf shows at a glance what belongs together.
  const artist = randomOf(song.artist_id || song.artist || song.id);
  const random = randomOf(song.id);
  const hue = Math.floor(artist() * 360);
  const color = (turn, saturation, lightness, alpha = 1) => `hsl(${(hue + turn) % 360} ${saturation}% ${lightness}% / ${alpha})`;
  const svg = shape("svg", { viewBox: "0 0 100 100", "aria-hidden": "true", preserveAspectRatio: "xMidYMid slice" }, target);
  const id = `g${seedOf(song.id)}-${(draw.count = (draw.count || 0) + 1)}`;
  const gradient = shape("linearGradient", { id, x1: 0, y1: 0, x2: 0.4 + artist() * 0.6, y2: 1 }, shape("defs", {}, svg));
  shape("stop", { "stop-color": color(0, 72, 60) }, gradient);
  shape("stop", { offset: 1, "stop-color": color(50 + artist() * 40, 68, 38) }, gradient);
  shape("rect", { width: 100, height: 100, fill: `url(#${id})` }, svg);
  patterns[Math.floor(random() * patterns.length)](svg, random, color);
}

function rings(svg, random, color) {
  const [x, y, step] = [15 + random() * 70, 25 + random() * 60, 8 + random() * 5];
  for (let index = 7; index > 0; index -= 1) {
    shape("circle", { cx: x, cy: y, r: index * step, fill: index % 2 ? color(20, 80, 74, 0.32) : color(90, 75, 30, 0.28) }, svg);
  }
}

function hills(svg, random, color) {
  shape("circle", { cx: 20 + random() * 60, cy: 28 + random() * 14, r: 11 + random() * 7, fill: color(30, 95, 86, 0.85) }, svg);
  for (let layer = 0; layer < 4; layer += 1) {
    const top = 46 + layer * 13;
    const bend = () => top + (random() - 0.5) * 26;
    shape("path", { d: `M0 ${bend()} C 30 ${bend()} 60 ${bend()} 100 ${bend()} V100 H0 Z`, fill: color(layer * 22, 62, 46 - layer * 9, 0.78) }, svg);
  }
}

function petals(svg, random, color) {
  const [count, turn] = [5 + Math.floor(random() * 6), random() * 360];
  for (let index = 0; index < count; index += 1) {
    shape("ellipse", { cx: 50, cy: 27, rx: 9 + 40 / count, ry: 25, fill: color(index * 14, 82, 72, 0.42), transform: `rotate(${turn + index * 360 / count} 50 50)` }, svg);
  }
  shape("circle", { cx: 50, cy: 50, r: 8, fill: color(40, 95, 85, 0.9) }, svg);
}

function bars(svg, random, color) {
  const count = 7 + Math.floor(random() * 5);
  for (let index = 0; index < count; index += 1) {
    const height = 16 + random() * 62;
    const width = 80 / count;
    shape("rect", { x: 10 + index * width, y: 50 - height / 2, width: width * 0.6, height, rx: width * 0.3, fill: color(index * 10, 90, 86, 0.82) }, svg);
  }
}

function grid(svg, random, color) {
  const count = 4 + Math.floor(random() * 3);
  const cell = 100 / count;
  for (let index = 0; index < count * count; index += 1) {
    const [x, y, choice] = [(index % count) * cell, Math.floor(index / count) * cell, random()];
    const fill = color(random() * 70, 78, choice < 0.5 ? 74 : 34, 0.46);
    if (choice < 0.35) shape("path", { d: `M${x} ${y} h${cell} a${cell} ${cell} 0 0 1 ${-cell} ${cell} Z`, fill }, svg);
    else if (choice < 0.7) shape("path", { d: `M${x} ${y + cell} v${-cell} a${cell} ${cell} 0 0 1 ${cell} ${cell} Z`, fill }, svg);
    else if (choice < 0.85) shape("circle", { cx: x + cell / 2, cy: y + cell / 2, r: cell * 0.34, fill }, svg);
  }
}

// ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const titleOf = (song) => song.title || song.id;
const artistOf = (song) => song.artist || "Unknown artist";
const counts = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });

function cardOf(song) {
  const item = $("card").content.firstElementChild.cloneNode(true);
  item.dataset.id = song.id;
  draw(song, item.querySelector(".cover"));
  item.querySelector(".card-title").textContent = titleOf(song);
  item.querySelector(".card-artist").textContent = artistOf(song);
  const button = item.querySelector("button");
  button.setAttribute("aria-label", `Play ${titleOf(song)} by ${artistOf(song)}`);
  button.onclick = () => start(song);
  return item;
}

function rowOf(song, rank, side, label) {
  const item = $("row").content.firstElementChild.cloneNode(true);
  item.dataset.id = song.id;
  item.querySelector(".rank").textContent = rank;
  draw(song, item.querySelector(".cover"));
  item.querySelector(".row-title").textContent = titleOf(song);
  item.querySelector(".row-artist").textContent = artistOf(song);
  item.querySelector(".row-side").textContent = side;
  const button = item.querySelector("button");
  button.setAttribute("aria-label", `Play ${titleOf(song)} by ${artistOf(song)}${label ? `, ${label}` : ""}`);
  button.onclick = () => start(song);
  return item;
}

function skeletons(count) {
  return Array.from({ length: count }, () => {
    const item = document.createElement("li");
    item.className = "card skeleton";
    item.setAttribute("aria-hidden", "true");
    for (const name of ["cover", "bone", "bone"]) {
      const part = document.createElement("span");
      part.className = name;
      item.append(part);
    }
    return item;
  });
}

function say(text) {
  $("notice").textContent = text || "";
  $("notice").hidden = !text;
}

function mark() {
  for (const item of document.querySelectorAll("[data-id]")) {
    item.classList.toggle("is-current", item.dataset.id === state.current?.id);
  }
}

async function showHome() {
  const request = ++state.request;
  $("home").replaceChildren(...skeletons(12));
  $("home").setAttribute("aria-busy", "true");
  $("play-all").hidden = true;
  say("");
  try {
    const answer = await home(state.user);
    if (request !== state.request) return;
    state.home = answer.songs;
    const isPersonal = answer.strategy === "personal";
    $("home-title").textContent = isPersonal ? "Made for you" : "To get you started";
    $("home-eyebrow").textContent = greeting();
    $("home").setAttribute("aria-label", isPersonal ? "Songs made for you" : "Popular songs");
    $("home").replaceChildren(...answer.songs.map(cardOf));
    $("play-all").hidden = answer.songs.length === 0;
    if (answer.songs.length === 0) say("There are no songs yet. Simulate or import some listening, and they will show up here.");
    else if (!answer.model_version) say("No model has been trained yet, so these are simply the most played songs.");
    else if (!isPersonal) say("We do not know this listener’s taste yet. These are the songs everybody plays; listen to a few, and the next training will learn from it.");
    $("model").textContent = answer.model_version ? `Model ${answer.model_version}` : "No model yet";
    mark();
  } catch (error) {
    if (request !== state.request) return;
    $("home").replaceChildren();
    say(error.message);
  } finally {
    if (request === state.request) $("home").removeAttribute("aria-busy");
  }
}

function greeting() {
  const hour = new Date().getHours();
  const part = hour < 5 ? "Still up" : hour < 12 ? "Good morning" : hour < 18 ? "Good afternoon" : "Good evening";
  return `${part}, ${nameOf(state.user)}`;
}

async function showPopular() {
  try {
    const answer = await popular();
    const recent = answer.songs.some((song) => song.plays_7d > 0);
    $("popular-title").textContent = recent ? "Popular this week" : "Popular of all time";
    $("popular").replaceChildren(...answer.songs.map((song, index) => {
      const plays = counts.format(recent ? song.plays_7d : song.plays_cumulative);
      return rowOf(song, index + 1, `${plays} plays`, `${plays} plays`);
    }));
    $("popular-section").hidden = answer.songs.length === 0;
    mark();
  } catch {
    $("popular-section").hidden = true;
  }
}

// ── Playing ────────────────────────────────────────────────────────────────────────────────────────────────────────────
// A song without audio of its own is a short piece made from its id, and three minutes of it pass in twenty seconds.

const previewSeconds = 20;
const player = { isPlaying: false, place: 0, last: 0, audio: null, context: null, gain: null, beat: 0, hasSound: true };

const lengthOf = (song) => (song.duration_ms > 0 ? song.duration_ms : 180000);
const clock = (milliseconds) => {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
};

async function start(song, options = {}) {
  if (state.current?.id === song.id && !options.again) return toggle();
  leave("skip");
  if (state.current && !options.isBack) state.played.push(state.current);
  state.current = song;
  state.startedAt = Date.now();
  state.isReported = false;
  player.place = 0;
  player.beat = 0;
  $("player").hidden = false;
  document.body.classList.add("playing");
  $("player-title").textContent = titleOf(song);
  $("player-artist").textContent = artistOf(song);
  draw(song, $("player-cover"));
  $("back").disabled = state.played.length === 0;
  document.title = `${titleOf(song)} · Segue`;
  openAudio(song);
  resume();
  mark();
  await fillQueue();
}

async function fillQueue() {
  const song = state.current;
  $("queue-note").textContent = "Finding what fits…";
  try {
    const heard = [...state.played.slice(-50).map((one) => one.id)];
    const answer = await following(song, heard, 12);
    if (state.current?.id !== song.id) return;
    state.queue = answer.songs;
    const reasons = {
      session: `For ${nameOf(state.user)}, after ${titleOf(song)}`, song: `Like ${titleOf(song)}`,
      personal: `For ${nameOf(state.user)}`, popular: "What everybody plays",
    };
    $("queue-note").textContent = reasons[answer.strategy] || "";
  } catch (error) {
    if (state.current?.id !== song.id) return;
    $("queue-note").textContent = error.message;
  }
  $("queue").replaceChildren(...state.queue.map((next, index) => rowOf(next, index + 1, clock(lengthOf(next)))));
  $("next").disabled = state.queue.length === 0;
}

const skipToNext = () => { if (state.queue.length > 0) start(state.queue[0]); };
const goBack = () => { const song = state.played.pop(); if (song) start(song, { isBack: true }); };

function toggle() {
  if (!state.current) return;
  if (player.isPlaying) pause(); else if (player.place >= 1) start(state.current, { again: true }); else resume();
}

function resume() {
  player.isPlaying = true;
  player.last = performance.now();
  showPlaying();
  if (player.audio) player.audio.play().catch(() => {});
  requestAnimationFrame(turn);
}

function pause() {
  player.isPlaying = false;
  if (player.audio) player.audio.pause();
  showPlaying();
}

function showPlaying() {
  $("play").setAttribute("aria-label", player.isPlaying ? "Pause" : "Play");
  $("play-shape").setAttribute("d", player.isPlaying ? "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z" : "M8 5v14l11.5-7z");
}

function turn(now) {
  if (!player.isPlaying || !state.current) return;
  if (player.audio?.duration > 0) player.place = player.audio.currentTime / player.audio.duration;
  else {
    player.place += (now - player.last) / 1000 / previewSeconds;
    playBeat(state.current);
  }
  player.last = now;
  showPlace();
  if (player.place >= 1) {
    player.place = 1;
    leave("complete");
    if (state.queue.length > 0) return skipToNext();
    return pause();
  }
  requestAnimationFrame(turn);
}

function showPlace() {
  const length = lengthOf(state.current);
  const place = Math.min(1, player.place);
  if (document.activeElement !== $("seek") || !player.isSeeking) $("seek").value = Math.round(place * 1000);
  $("seek").style.setProperty("--done", `${place * 100}%`);
  $("seek").setAttribute("aria-valuetext", `${clock(place * length)} of ${clock(length)}`);
  $("elapsed").textContent = clock(place * length);
  $("total").textContent = clock(length);
}

// What was heard goes to the event log: a few seconds are a skip, most of the song is complete.
function leave(action) {
  const song = state.current;
  if (!song || state.isReported || !state.user) return;
  state.isReported = true;
  const length = lengthOf(song);
  const heard = Math.round(Math.min(1, player.place) * length);
  if (heard < 1000) return;
  const share = heard / length;
  const kind = action === "complete" || share > 0.9 ? "complete" : share > 0.3 ? "listen" : "skip";
  api("/events", {
    user_id: state.user, track_id: song.id, timestamp: state.startedAt, action: kind, duration: heard,
    total_duration: length, source: "real_user",
  }).catch((error) => { $("queue-note").textContent = `This listen was not stored: ${error.message}`; });
}

function openAudio(song) {
  if (player.audio) player.audio.pause();
  player.audio = null;
  if (song.url && /^https?:.*\.(mp3|ogg|oga|opus|m4a|aac|flac|wav)(\?|$)/i.test(song.url)) {
    player.audio = new Audio(song.url);
    player.audio.muted = !player.hasSound;
    player.audio.onerror = () => { player.audio = null; };
  }
}

// A pentatonic phrase over two chords: scale, tempo and melody come from the id.
function playBeat(song) {
  if (!player.hasSound) return;
  if (!player.context) {
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!Context) return;
    player.context = new Context();
    player.gain = player.context.createGain();
    player.gain.gain.value = 0.16;
    player.gain.connect(player.context.destination);
  }
  const random = randomOf(song.id);
  const [root, interval] = [196 * 2 ** (Math.floor(random() * 12) / 12), 0.18 + random() * 0.16];
  const elapsed = player.place * previewSeconds;
  if (elapsed < player.beat * interval) return;
  const beat = player.beat;
  player.beat = Math.floor(elapsed / interval) + 1;
  const scale = [0, 3, 5, 7, 10, 12, 15];
  const melody = Array.from({ length: 16 }, () => (random() < 0.22 ? null : scale[Math.floor(random() * scale.length)]));
  const step = melody[beat % 16];
  if (step !== null) tone(root * 2 ** (step / 12), interval * 1.7, 0.55, "triangle");
  if (beat % 8 === 0) tone(root / 2 * 2 ** ((Math.floor(beat / 8) % 2 ? 5 : 0) / 12), interval * 7, 0.7, "sine");
}

function tone(frequency, seconds, volume, type) {
  const [now, voice, envelope] = [player.context.currentTime, player.context.createOscillator(), player.context.createGain()];
  voice.type = type;
  voice.frequency.value = frequency;
  envelope.gain.setValueAtTime(0, now);
  envelope.gain.linearRampToValueAtTime(volume, now + 0.015);
  envelope.gain.exponentialRampToValueAtTime(0.001, now + seconds);
  voice.connect(envelope).connect(player.gain);
  voice.start(now);
  voice.stop(now + seconds);
}

// ── Who listens ────────────────────────────────────────────────────────────────────────────────────────────────────────

const nameOf = (id) => state.people.find((person) => person.id === id)?.username || id;
const initialsOf = (name) => {
  const words = name.match(/\p{L}+/gu) || [];
  // An id such as u000042 is told apart by its end, a name by its first letters.
  if (/\d$/.test(name) || words.length === 0) return [...name].slice(-2).join("");
  return words.slice(0, 2).map((word) => [...word][0]).join("").toUpperCase();
};

function paint(avatar, id) {
  avatar.textContent = initialsOf(nameOf(id));
  avatar.style.setProperty("--hue", Math.floor(randomOf(id)() * 360));
}

function choose(id) {
  state.user = id;
  try { localStorage.setItem("segue.user", id); } catch { /* private mode keeps nothing, and nothing is lost */ }
  $("listener-name").textContent = nameOf(id);
  $("listener").setAttribute("aria-label", `Listening as ${nameOf(id)}. Change the listener`);
  paint($("avatar"), id);
  if ($("chooser").open) $("chooser").close();
  showHome();
  if (state.current) fillQueue();
}

function personOf(id, note) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const avatar = document.createElement("span");
  const text = document.createElement("span");
  const name = document.createElement("span");
  const small = document.createElement("span");
  button.type = "button";
  button.className = "person";
  avatar.className = "avatar";
  avatar.setAttribute("aria-hidden", "true");
  text.className = "person-text";
  small.className = "person-id";
  name.textContent = nameOf(id);
  small.textContent = note;
  paint(avatar, id);
  text.append(name, small);
  button.append(avatar, text);
  button.onclick = () => choose(id);
  item.append(button);
  return item;
}

function showPeople() {
  const wanted = $("search").value.trim();
  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
  const found = state.people.filter((person) => plain(`${person.id} ${person.username || ""}`).includes(plain(wanted)));
  const items = found.slice(0, 60).map((person) =>
    personOf(person.id, person.username ? person.id : person.model_version ? "known to the model" : "not learned yet"));
  if (wanted && !state.people.some((person) => person.id === wanted)) items.push(personOf(wanted, "use this id"));
  $("people").replaceChildren(...items);
}

// ── Light and dark ─────────────────────────────────────────────────────────────────────────────────────────────────────

const systemTheme = matchMedia("(prefers-color-scheme: dark)");
function savedTheme() {
  const asked = new URLSearchParams(location.search).get("theme");
  if (asked === "light" || asked === "dark") return asked;
  try { return localStorage.getItem("segue.theme"); } catch { return null; }
}
function showTheme() {
  document.documentElement.dataset.theme = savedTheme() || (systemTheme.matches ? "dark" : "light");
}
systemTheme.addEventListener("change", showTheme);
showTheme();

// ── Wiring ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

function showQueue(isOpen) {
  $("queue-panel").hidden = !isOpen;
  $("queue-open").setAttribute("aria-expanded", String(isOpen));
  $("queue-open").setAttribute("aria-label", isOpen ? "Hide what is next" : "Show what is next");
}

$("theme").onclick = () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try { localStorage.setItem("segue.theme", next); } catch { /* shown for this visit */ }
  document.documentElement.dataset.theme = next;
};
$("listener").onclick = () => { $("search").value = ""; showPeople(); $("chooser").showModal(); $("search").focus(); };
$("search").oninput = showPeople;
$("search").onkeydown = (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  $("people").querySelector("button")?.click();
};
$("chooser").onclick = (event) => { if (event.target === $("chooser")) $("chooser").close(); };
$("play-all").onclick = () => { if (state.home.length > 0) start(state.home[0], { again: true }); };
$("play").onclick = toggle;
$("next").onclick = skipToNext;
$("back").onclick = goBack;
$("seek").oninput = () => {
  player.place = $("seek").value / 1000;
  player.beat = 0;
  if (player.audio?.duration > 0) player.audio.currentTime = player.place * player.audio.duration;
  showPlace();
};
$("sound").onclick = () => {
  player.hasSound = !player.hasSound;
  $("sound").setAttribute("aria-pressed", String(player.hasSound));
  if (player.audio) player.audio.muted = !player.hasSound;
};
$("queue-open").onclick = () => showQueue($("queue-panel").hidden);
$("queue-close").onclick = () => { showQueue(false); $("queue-open").focus(); };
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, button, a, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") { event.preventDefault(); toggle(); } else if (event.key === "n") skipToNext(); else if (event.key === "p") goBack(); else if (event.key === "q") showQueue($("queue-panel").hidden);
});
addEventListener("pagehide", () => leave("skip"));

async function begin() {
  showPopular();
  try { state.people = (await people()).users; } catch (error) { say(error.message); }
  const asked = new URLSearchParams(location.search).get("user");
  let known = null;
  try { known = localStorage.getItem("segue.user"); } catch { /* starts with the first listener */ }
  const first = state.people.find((person) => person.model_version) || state.people[0];
  choose(asked || known || first?.id || "guest");
}

begin();
