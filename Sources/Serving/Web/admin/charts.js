// Pictures of figures as inline SVG. Each draws into an `<svg>` of the page at its size on the screen, so text and lines are
// never stretched, and says in its name what it shows.

import { shape } from "../app/dom.js";

const margin = { left: 46, right: 10, top: 10, bottom: 24 };

/** Clears an SVG and answers its drawing area; `label` is what a screen reader says. */
function begin(svg, label, own = {}) {
  const box = svg.getBoundingClientRect();
  const [width, height] = [Math.max(120, Math.round(box.width)), Math.max(60, Math.round(box.height))];
  const space = { ...margin, ...own };
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("aria-label", label);
  svg.replaceChildren();
  return {
    left: space.left, right: width - space.right, top: space.top, bottom: height - space.bottom,
    width: width - space.left - space.right, height: height - space.top - space.bottom,
  };
}

/** A round number at or above `value`, and how many steps divide it well; whole numbers get whole steps. */
function roundUp(value, isWhole) {
  if (!(value > 0)) return { top: 1, steps: 1 };
  if (isWhole && value <= 5) return { top: Math.ceil(value), steps: Math.ceil(value) };
  const unit = 10 ** Math.floor(Math.log10(value));
  const [factor, steps] = [[1, 4], [1.5, 3], [2, 4], [3, 3], [4, 4], [5, 5], [8, 4], [10, 5]].find(([factor]) => factor * unit >= value);
  return { top: factor * unit, steps };
}

function axis(svg, area, top, steps, format) {
  // Figures need room above each other.
  while (steps > 1 && area.height / steps < 20) steps = steps % 2 === 0 ? steps / 2 : 1;
  for (let step = 0; step <= steps; step += 1) {
    const y = area.bottom - (step / steps) * area.height;
    shape("line", { x1: area.left, x2: area.right, y1: y, y2: y, class: "grid" }, svg);
    shape("text", { x: area.left - 8, y: y + 4, "text-anchor": "end" }, svg, format((top * step) / steps));
  }
}

function caption(svg, x, y, text, anchor = "middle") {
  shape("text", { x, y, "text-anchor": anchor }, svg, text);
}

/** Says that there is nothing to draw, and why. */
export function drawNothing(svg, text) {
  const area = begin(svg, text);
  shape("text", {
    x: (area.left + area.right) / 2, y: (area.top + area.bottom) / 2, "text-anchor": "middle", class: "nothing",
  }, svg, text);
}

/** A curve over time: `points` are `[milliseconds, value]`, the last `span` milliseconds up to `now` are shown. */
export function drawCurve(svg, points, { now, span, format, label, isWhole = false }) {
  const area = begin(svg, label);
  const { top, steps } = roundUp(Math.max(1, ...points.map(([, value]) => value)), isWhole);
  axis(svg, area, top, steps, format);
  const x = (time) => area.right - ((now - time) / span) * area.width;
  const y = (value) => area.bottom - (value / top) * area.height;
  for (const share of [0, 0.5, 1]) {
    const seconds = Math.round((span * (1 - share)) / 1000);
    caption(svg, area.left + share * area.width, area.bottom + 18, seconds === 0 ? "now" : `−${seconds} s`,
      share === 1 ? "end" : share === 0 ? "start" : "middle");
  }
  const shown = points.filter(([time]) => now - time <= span);
  if (shown.length < 2) return;
  const line = shown.map(([time, value], index) => `${index ? "L" : "M"}${x(time).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const [from, through] = [x(shown[0][0]), x(shown.at(-1)[0])];
  shape("path", { d: `${line}L${through} ${area.bottom}L${from} ${area.bottom}Z`, class: "area" }, svg);
  shape("path", { d: line, class: "line" }, svg);
}

/** Bars side by side: `bars` are `{ name, value, title, isFaint }`; some of the names are written below. */
export function drawBars(svg, bars, { format, label, names = 6, own = {}, isWhole = false }) {
  const area = begin(svg, label, own);
  const { top, steps } = roundUp(Math.max(...bars.map((bar) => bar.value), 0), isWhole);
  axis(svg, area, top, steps, format);
  const pitch = area.width / bars.length;
  const width = Math.min(Math.max(1, pitch * 0.72), 46);
  const every = Math.ceil(bars.length / Math.max(1, Math.min(names, Math.floor(area.width / 74))));
  bars.forEach((bar, index) => {
    const middle = area.left + (index + 0.5) * pitch;
    const height = Math.max(bar.value > 0 ? 1.5 : 0, (bar.value / top) * area.height);
    const kind = bar.isFaint ? "bar is-faint" : bar.isSecond ? "bar is-second" : "bar";
    shape("rect", { x: middle - width / 2, y: area.bottom - height, width, height, rx: Math.min(2.5, width / 3), class: kind }, svg,
      shape("title", {}, null, bar.title));
    if ((bars.length - 1 - index) % every === 0) {
      const isEdge = index === bars.length - 1 && bars.length > 3;
      caption(svg, isEdge ? area.right : middle, area.bottom + 18, bar.name, isEdge ? "end" : "middle");
    }
  });
}

/** Lines over runs in order: `lines` are `{ name, values, isSecond }`, `runs` `{ title, kind }`; a missing value is left out. */
export function drawRuns(svg, lines, runs, { format, label }) {
  const area = begin(svg, label, { right: 82 });
  const { top, steps } = roundUp(Math.max(0.001, ...lines.flatMap((line) => line.values.filter((value) => value !== null))));
  axis(svg, area, top, steps, format);
  const x = (index) => (runs.length === 1 ? (area.left + area.right) / 2 : area.left + (index / (runs.length - 1)) * area.width);
  const y = (value) => area.bottom - (value / top) * area.height;
  caption(svg, area.left, area.bottom + 18, "oldest", "start");
  caption(svg, area.right, area.bottom + 18, "newest", "end");
  const ends = [];
  for (const line of lines) {
    const points = line.values.map((value, index) => (value === null ? null : [x(index), y(value), index])).filter(Boolean);
    if (points.length === 0) continue;
    const second = line.isSecond ? " is-second" : "";
    shape("path", { d: points.map(([px, py], index) => `${index ? "L" : "M"}${px} ${py}`).join(""), class: `line${second}` }, svg);
    for (const [px, py, index] of points) {
      shape("circle", { cx: px, cy: py, r: 4, class: `dot${second} ${line.isSecond ? "" : runs[index].kind}` }, svg,
        shape("title", {}, null, `${runs[index].title}: ${line.name} ${format(line.values[index])}`));
    }
    // Names at the ends of the lines, moved apart where they would meet.
    let place = points.at(-1)[1] + 4;
    for (const other of ends) if (Math.abs(other - place) < 15) place = other + (place < other ? -15 : 15);
    ends.push(place);
    shape("text", { x: area.right + 9, y: place }, svg, line.name);
  }
}
