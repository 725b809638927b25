// Cover pictures drawn from a song's id, in the manner of printed record sleeves: flat shapes in four inks. The artist
// chooses the inks, the song the picture, so a shelf shows at a glance what belongs together.

import { shape } from "./dom.js";
import { pick, randomOf } from "./seed.js";

const inks = [
  ["#f2e3c6", "#d8432b", "#1f3a4d", "#e9a23b"], ["#20354b", "#f0b775", "#e4572e", "#f5ead7"],
  ["#e7dfd3", "#2f5d50", "#e0a458", "#b3452c"], ["#f6c9b4", "#8c2f4b", "#f2724f", "#3b2145"],
  ["#14303a", "#3fa796", "#f5d782", "#ef6f53"], ["#dfe7e2", "#3d5a80", "#ee6c4d", "#98c1d9"],
  ["#2b1e3f", "#7a4fb5", "#f29ca3", "#ffd6a5"], ["#f4d35e", "#0d3b66", "#ee964b", "#fff6d6"],
  ["#c9d6c3", "#32533d", "#8fae7c", "#f7f3e4"], ["#3d1f1f", "#b5443c", "#e8a87c", "#f6e7d0"],
  ["#cfe3ea", "#1d4e60", "#f3a37b", "#fef6e9"], ["#1b2a41", "#5fa8d3", "#cae9ff", "#ff8c61"],
  ["#f3e9e4", "#9c7590", "#4d3d5c", "#e6b89c"], ["#284b3b", "#d9c36a", "#7fb285", "#f4f1de"],
  ["#efd9ce", "#5b4bd6", "#b79ced", "#f08a5d"], ["#fbe7d3", "#c77f5e", "#5d6350", "#a9ad91"],
  ["#112a2e", "#e85d75", "#f7b267", "#2a6f77"], ["#e9e4f0", "#3c3a72", "#e26d5c", "#8ea4d2"],
];

const pictures = [segue, hills, quarters, arcs, bands, waves, petals, bars, halves, dots, peaks, orbit];

/** Draws a song's cover into `target`: its picture where the catalogue has one, else a drawing. */
export function drawCover(song, target) {
  if (song.image_url && /^https?:/.test(song.image_url)) {
    const image = new Image();
    image.alt = "";
    image.loading = "lazy";
    image.decoding = "async";
    image.onerror = () => target.replaceChildren(drawing(song));
    image.src = song.image_url;
    target.replaceChildren(image);
  } else {
    target.replaceChildren(drawing(song));
  }
}

/** The four inks of a song: ground first. The artist chooses them, the song which of them is the ground. */
export function inksOf(song) {
  const [ground, ...others] = pick(randomOf(song.artist_id || song.artist || song.id), inks);
  const colors = [ground, ...others];
  const turn = Math.floor(randomOf(`ground ${song.id}`)() * 4);
  return [...colors.slice(turn), ...colors.slice(0, turn)];
}

/** The same inks, the lightest first: for drawing on dark. */
export function lightInksOf(song) {
  const lightness = (ink) => [1, 3, 5].reduce((sum, at, part) => sum + Number.parseInt(ink.slice(at, at + 2), 16) * [3, 6, 1][part], 0);
  return inksOf(song).sort((left, right) => lightness(right) - lightness(left));
}

/** The drawing of a song as an SVG element. */
export function drawing(song) {
  const random = randomOf(song.id);
  const colors = inksOf(song);
  const svg = shape("svg", { viewBox: "0 0 100 100", "aria-hidden": "true", preserveAspectRatio: "xMidYMid slice" });
  shape("rect", { width: 100, height: 100, fill: colors[0] }, svg);
  pick(random, pictures)(svg, random, colors);
  return svg;
}

/** Two circles that run into each other, as one song into the next. */
function segue(svg, random, [, a, b, c]) {
  const [turn, radius] = [random() * Math.PI, 25 + random() * 6];
  const [x, y] = [Math.cos(turn) * radius * 0.55, Math.sin(turn) * radius * 0.55];
  shape("circle", { cx: 50 - x, cy: 50 - y, r: radius, fill: a }, svg);
  shape("circle", { cx: 50 + x, cy: 50 + y, r: radius, fill: b, "fill-opacity": 0.86 }, svg);
  shape("circle", { cx: 50 + x * 2.6, cy: 50 + y * 2.6, r: radius * 0.2, fill: c }, svg);
}

function hills(svg, random, [, a, b, c]) {
  shape("circle", { cx: 24 + random() * 52, cy: 30 + random() * 10, r: 12 + random() * 7, fill: c }, svg);
  [b, a].forEach((fill, layer) => {
    const top = 54 + layer * 18;
    const bend = () => top + (random() - 0.5) * 30;
    shape("path", { d: `M0 ${bend()} C 30 ${bend()} 62 ${bend()} 100 ${bend()} V100 H0 Z`, fill }, svg);
  });
}

function quarters(svg, random, [, ...colors]) {
  const count = 2 + Math.floor(random() * 3);
  const cell = 100 / count;
  for (let index = 0; index < count * count; index += 1) {
    const [x, y] = [(index % count) * cell, Math.floor(index / count) * cell];
    const corner = Math.floor(random() * 5);
    const fill = pick(random, colors);
    const d = [
      `M${x} ${y} h${cell} a${cell} ${cell} 0 0 1 ${-cell} ${cell} Z`,
      `M${x + cell} ${y} v${cell} a${cell} ${cell} 0 0 1 ${-cell} ${-cell} Z`,
      `M${x + cell} ${y + cell} h${-cell} a${cell} ${cell} 0 0 1 ${cell} ${-cell} Z`,
      `M${x} ${y + cell} v${-cell} a${cell} ${cell} 0 0 1 ${cell} ${cell} Z`,
    ][corner];
    if (d) shape("path", { d, fill }, svg);
    else shape("circle", { cx: x + cell / 2, cy: y + cell / 2, r: cell * 0.3, fill }, svg);
  }
}

function arcs(svg, random, colors) {
  const [x, y] = [pick(random, [0, 100]), pick(random, [0, 100])];
  const count = 5 + Math.floor(random() * 3);
  for (let index = count; index > 0; index -= 1) {
    shape("circle", { cx: x, cy: y, r: index * (92 / count), fill: colors[index % 4] }, svg);
  }
}

function bands(svg, random, [, a, b, c]) {
  const group = shape("g", { transform: `rotate(${pick(random, [-35, -20, 25, 40])} 50 50)` }, svg);
  let top = 10 + random() * 14;
  for (const fill of [a, c, b]) {
    const height = 9 + random() * 14;
    shape("rect", { x: -40, y: top, width: 180, height, fill }, group);
    top += height + 5 + random() * 5;
  }
  shape("circle", { cx: 30 + random() * 40, cy: 32 + random() * 36, r: 13 + random() * 7, fill: c }, svg);
}

function waves(svg, random, [, a, b, c]) {
  const [lift, length] = [6 + random() * 6, pick(random, [25, 33.4, 50])];
  [c, b, a].forEach((fill, layer) => {
    const y = 36 + layer * 20;
    let d = `M${-length * (0.3 + random() * 0.5)} ${y}`;
    for (let x = 0; x < 6; x += 1) d += ` q${length / 2} ${x % 2 ? lift * 2 : -lift * 2} ${length} 0`;
    shape("path", { d: `${d} V100 H-50 Z`, fill }, svg);
  });
}

function petals(svg, random, [, a, b, c]) {
  const [count, turn, length] = [pick(random, [4, 5, 6, 8, 10]), random() * 360, 15 + random() * 8];
  const isRounded = random() < 0.5;
  for (let index = 0; index < count; index += 1) {
    const attributes = { fill: index % 2 && count % 2 === 0 ? b : a, "fill-opacity": 0.92, transform: `rotate(${turn + (index * 360) / count} 50 50)` };
    if (isRounded) shape("ellipse", { cx: 50, cy: 48 - length, rx: 4 + 38 / count, ry: length, ...attributes }, svg);
    else shape("path", { d: `M50 50 Q${50 - 90 / count} ${50 - length * 1.4} 50 ${46 - length * 1.9} Q${50 + 90 / count} ${50 - length * 1.4} 50 50`, ...attributes }, svg);
  }
  shape("circle", { cx: 50, cy: 50, r: 6 + random() * 6, fill: c }, svg);
}

function bars(svg, random, colors) {
  const count = 6 + Math.floor(random() * 4);
  const [width, accent] = [76 / count, Math.floor(random() * count)];
  for (let index = 0; index < count; index += 1) {
    const height = 18 + random() * 56;
    shape("rect", {
      x: 12 + (index + 0.17) * width, y: 50 - height / 2, width: width * 0.66, height, rx: width * 0.33,
      fill: index === accent ? colors[2] : colors[index % 3 ? 1 : 3],
    }, svg);
  }
}

function halves(svg, random, [, a, b, c]) {
  const count = 3;
  const radius = 100 / count / 2;
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      const [x, y] = [column * radius * 2, (row + 0.5) * radius * 2];
      const side = random() < 0.5 ? 1 : 0;
      shape("path", { d: `M${x} ${y} a${radius} ${radius} 0 0 ${side} ${radius * 2} 0 Z`, fill: pick(random, [a, b, c]) }, svg);
    }
  }
}

function dots(svg, random, [, a, b, c]) {
  const [count, phaseX, phaseY] = [6, random() * 6, random() * 6];
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      const swell = Math.sin(column * 0.8 + phaseX) * Math.cos(row * 0.7 + phaseY);
      const fill = swell > 0.55 ? c : swell > -0.2 ? a : b;
      shape("circle", { cx: 12.5 + column * 15, cy: 12.5 + row * 15, r: 2.6 + (swell + 1) * 2.3, fill }, svg);
    }
  }
}

function peaks(svg, random, [, a, b, c]) {
  shape("circle", { cx: 26 + random() * 48, cy: 34, r: 15, fill: c }, svg);
  [[b, 40], [a, 58]].forEach(([fill, top]) => {
    const [x, y] = [20 + random() * 60, top + random() * 8];
    shape("path", { d: `M${x - 62} 100 L${x} ${y} L${x + 62} 100 Z`, fill }, svg);
  });
}

function orbit(svg, random, [, a, b, c]) {
  const [x, y] = [38 + random() * 24, 38 + random() * 24];
  for (const [radius, stroke] of [[44, a], [31, b]]) {
    shape("circle", { cx: x, cy: y, r: radius, fill: "none", stroke, "stroke-width": 5 }, svg);
    const turn = random() * Math.PI * 2;
    shape("circle", { cx: x + Math.cos(turn) * radius, cy: y + Math.sin(turn) * radius, r: 6, fill: c }, svg);
  }
  shape("circle", { cx: x, cy: y, r: 17, fill: a }, svg);
}
