// The parts of the operations page, each drawn from the overview the server answers. What could not be read is said to be
// unknown, with the reason.

import { $, make, short } from "../app/dom.js";
import { drawBars, drawCurve, drawNothing, drawRuns } from "./charts.js";
import { bytes, count, moment, rate, seconds, span } from "./figures.js";

/** What the curves show, milliseconds: from the first figures on, at least and at most so much. */
const spans = [20000, 120000];
const spanOf = ({ at, events }) => Math.max(spans[0], Math.min(spans[1], at - (events.samples[0]?.at ?? at)));

/** Draws everything; `activate` is called with the run a person wants current. */
export function drawOverview(overview, activate) {
  const rates = ratesOf(overview.events.samples, "appended");
  drawTiles(overview, rates);
  drawEvents(overview, rates);
  drawLag(overview);
  drawLake(overview.lake);
  drawTop(overview.top);
  drawModels(overview.models, activate);
  drawIndex(overview.index);
  drawLatencies(overview.latency);
  $("reading").textContent = `${count(overview.songs)} songs · up ${span(overview.at - overview.started_at)} · read in ${seconds(overview.read_seconds)}`;
}

/** What was added a second between each two samples: `[milliseconds, rate]`. */
function ratesOf(samples, member) {
  const rates = [];
  for (let index = 1; index < samples.length; index += 1) {
    const [before, after] = [samples[index - 1], samples[index]];
    if (before[member] === null || after[member] === null) continue;
    rates.push([after.at, (Math.max(0, after[member] - before[member]) * 1000) / (after.at - before.at)]);
  }
  return rates;
}

function note(id, text, isBad = false) {
  $(id).textContent = text || "\u00a0";
  $(id).classList.toggle("is-bad", isBad);
}

function drawTiles({ at, started_at, events, lag, lake, models, songs, ...overview }, rates) {
  const requests = ratesOf(events.samples, "requests").at(-1)?.[1];
  const current = models.runs?.find((run) => run.is_current);
  const tiles = [
    ["Events a second", events.per_second === null ? "–" : rate(events.per_second),
      events.error ? "unknown: the log does not answer" : `${count(events.appended)} ever appended`, Boolean(events.error)],
    ["Lag", lag.error ? "unknown" : count(lag.events),
      lag.error ?? (lag.commits_behind > 0 ? `${count(lag.commits_behind)} commits not counted yet` : "all commits counted"), Boolean(lag.error)],
    ["Lake", lake.error ? "unknown" : count(lake.rows), lake.error ?? `${bytes(lake.bytes)} in ${count(lake.files)} files`, Boolean(lake.error)],
    ["Model", current ? `${current.metrics["ndcg@10"]?.toFixed(3) ?? "–"}` : "none", current ? `NDCG@10 · ${moment(current.created_at)}` : "no run is current"],
    ["Requests a second", requests === undefined ? "–" : rate(requests), `median ${seconds(medianOf(overview.latency))}`],
  ];
  if ($("tiles").children.length !== tiles.length) {
    $("tiles").replaceChildren(...tiles.map(([name]) => make("div.tile", {},
      make("p.tile-name", { textContent: name }), make("p.tile-value"), make("p.tile-note"))));
  }
  tiles.forEach(([, value, text, isBad], index) => {
    const tile = $("tiles").children[index];
    tile.classList.toggle("is-bad", Boolean(isBad));
    tile.children[1].textContent = value;
    tile.children[2].textContent = text;
    tile.children[2].title = text;
  });
}

/** The median of the route that answers most. */
const medianOf = (latencies) => latencies.find((one) => !one.route.startsWith("/admin"))?.p50 ?? latencies[0]?.p50;

function drawEvents(overview, rates) {
  const { at, events } = overview;
  note("events-note", events.error ?? `${count(events.held)} in the log, ${events.partitions} partitions`, Boolean(events.error));
  if (events.error) return drawNothing($("events-chart"), "The log does not answer");
  drawCurve($("events-chart"), rates, {
    now: at, span: spanOf(overview), format: short, label: `Events a second; now ${rate(events.per_second ?? 0)}`,
  });
}

function drawLag(overview) {
  const { at, events, lag } = overview;
  note("lag-note", lag.error ?? "events not in the lake", Boolean(lag.error));
  if (lag.error) return drawNothing($("lag-chart"), "Unknown");
  const points = events.samples.filter((sample) => sample.lag !== null).map((sample) => [sample.at, sample.lag]);
  drawCurve($("lag-chart"), points, {
    now: at, span: spanOf(overview), format: short, isWhole: true, label: `Lag; now ${lag.events} events`,
  });
}

function drawLake(lake) {
  if (lake.error || lake.days.length === 0) {
    note("lake-note", lake.error, true);
    return drawNothing($("lake-chart"), lake.error ? "Unknown" : "The lake is empty");
  }
  note("lake-note", `${lake.days.length} days, version ${lake.version}`);
  const days = lake.days.slice(-120);
  drawBars($("lake-chart"), days.map((day) => ({
    name: day.day.slice(5), value: day.bytes, title: `${day.day}: ${count(day.rows)} events, ${bytes(day.bytes)} in ${day.files} files`,
  })), { format: bytes, label: `Bytes a day, ${days[0].day} to ${days.at(-1).day}`, own: { left: 58 } });
}

function drawTop(songs) {
  drawShares($("top-list"), songs.map((song, index) => ({
    mark: index + 1, name: song.title || song.id, more: song.artist ? ` · ${song.artist}` : "", value: song.plays_7d, text: count(song.plays_7d),
  })));
}

/** A list whose rows are as long as their values. */
function drawShares(list, rows) {
  const most = Math.max(1, ...rows.map((row) => row.value));
  list.replaceChildren(...rows.map(({ mark, name, more, value, text }) => {
    const bar = make("span.top-bar", { "aria-hidden": "true" });
    bar.style.width = `${(value / most) * 100}%`;
    return make("li", {}, bar, make("span.top-rank", { textContent: mark }),
      make("span.top-name", {}, name, make("small", { textContent: more })), make("span.top-count", { textContent: text }));
  }));
}

function drawModels({ serving, runs, error }, activate) {
  if (error || runs.length === 0) {
    note("models-note", error ?? "segue train makes the first one", Boolean(error));
    return drawNothing($("models-chart"), error ? "Unknown" : "No model has been trained yet");
  }
  note("models-note", serving ? `serving ${serving}` : "no model is served");
  const inOrder = [...runs].sort((left, right) => left.created_at - right.created_at).slice(-40);
  const line = (name, metric, isSecond) => ({ name, isSecond, values: inOrder.map((run) => run.metrics[metric] ?? null) });
  drawRuns($("models-chart"), [line("NDCG@10", "ndcg@10", false), line("popular", "popularity.ndcg@10", true)],
    inOrder.map((run) => ({
      title: run.version, kind: run.is_current ? "is-current" : run.status === "rejected" ? "is-rejected" : "",
    })), { format: (value) => value.toFixed(3), label: "NDCG@10 of each run beside that of popularity" });
  const isFocused = $("models-table").contains(document.activeElement) ? document.activeElement.dataset.version : null;
  $("models-table").tBodies[0].replaceChildren(...runs.map((run) => modelRow(run, activate)));
  if (isFocused) $("models-table").querySelector(`[data-version="${CSS.escape(isFocused)}"]`)?.focus();
}

function modelRow(run, activate) {
  const [quality, popular] = [run.metrics["ndcg@10"], run.metrics["popularity.ndcg@10"]];
  const state = run.is_current
    ? make("span.badge", { textContent: "current" })
    : run.status === "rejected"
      ? make("span.badge.is-faint", { textContent: "rejected", title: run.reason ?? "" })
      : make("button.link-button", {
        type: "button", textContent: "Make current", "data-version": run.version, onclick: () => activate(run),
        "aria-label": `Make model ${run.version} current`,
      });
  const number = (text) => make("td.number", { textContent: text });
  return make(`tr${run.is_current ? ".is-current" : run.status === "rejected" ? ".is-rejected" : ""}`, {},
    make("td", {}, make("code", { textContent: run.version })), make("td", { textContent: moment(run.created_at) }),
    number(quality?.toFixed(4) ?? "–"), number(quality && popular ? (quality / popular).toFixed(2) : "–"),
    number(run.metrics["recall@20"]?.toFixed(4) ?? "–"), number(count(run.events)), make("td", {}, state));
}

function drawIndex(index) {
  if (!index) {
    note("index-note", "no model is served");
    $("index-facts").replaceChildren();
    $("index-sections").replaceChildren();
    return drawNothing($("index-chart"), "None");
  }
  note("index-note", `loaded ${moment(index.loaded_at)}`);
  drawBars($("index-chart"), index.list_sizes.map((size, place) => ({
    name: ["least", "¼", "half", "¾", "most"][place], value: size, isSecond: true, title: `${size} songs`,
  })), { format: short, label: `Songs a list: from ${index.list_sizes[0]} to ${index.list_sizes.at(-1)}`, names: 5, isWhole: true });
  const facts = [
    ["Songs", count(index.items)], ["Factors", index.dimension], ["Lists", `${count(index.lists)}${index.empty_lists ? `, ${index.empty_lists} empty` : ""}`],
    ["File", bytes(index.bytes)], ["Of the vectors", `${index.size_ratio.toFixed(2)}×`],
    ["Recall aimed at", `${(index.target_recall * 100).toFixed(0)} %`], ["Listeners in memory", count(index.listeners_in_memory)],
    ["Format", index.format_version],
  ];
  $("index-facts").replaceChildren(...facts.map(([name, value]) =>
    make("div", {}, make("dt", { textContent: name }), make("dd", { textContent: value }))));
  const largest = [...index.sections].sort((left, right) => right.bytes - left.bytes).slice(0, 6);
  drawShares($("index-sections"), largest.map((section, place) => ({
    mark: place + 1, name: section.name, more: "", value: section.bytes, text: bytes(section.bytes),
  })));
}

function drawLatencies(latencies) {
  const known = new Map([...$("latencies").children].map((item) => [item.dataset.route, item]));
  $("latencies").replaceChildren(...latencies.map((latency) => {
    const id = `${latency.method} ${latency.route}`;
    return known.get(id) ?? make("div.latency", { "data-route": id },
      make("p.latency-name", {}, make("span", { textContent: id, title: id }), make("span")),
      make("svg-place"), make("p.latency-figures"));
  }));
  latencies.forEach((latency, index) => drawLatency($("latencies").children[index], latency));
}

function drawLatency(item, latency) {
  if (item.children[1].localName !== "svg") {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "chart");
    svg.setAttribute("role", "img");
    item.children[1].replaceWith(svg);
  }
  item.querySelector(".latency-name span:last-child").textContent = `${count(latency.count)}×`;
  const first = latency.doublings.findIndex(([, times]) => times > 0);
  const last = latency.doublings.findLastIndex(([, times]) => times > 0);
  // At least eight doublings are shown, so that one busy bucket is not a wall.
  const from = Math.max(0, Math.min(first, last - 7));
  const shown = latency.doublings.slice(from, Math.max(last, from + 7) + 1);
  const percentiles = `median ${seconds(latency.p50)}, 95 % below ${seconds(latency.p95)}, 99 % below ${seconds(latency.p99)}`;
  drawBars(item.children[1], shown.map(([bound, times]) => ({
    name: seconds(bound), value: times, isFaint: bound > latency.p99 * 2, title: `up to ${seconds(bound)}: ${count(times)}`,
  })), { format: short, label: `${latency.method} ${latency.route}: ${percentiles}`, names: 4, own: { left: 36, bottom: 20 }, isWhole: true });
  item.querySelector(".latency-figures").replaceChildren(
    ...[["p50", latency.p50], ["p95", latency.p95], ["p99", latency.p99]].map(([name, value]) =>
      make("span", {}, `${name} `, make("b", { textContent: seconds(value) }))));
}
