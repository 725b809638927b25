// Numbers as people read them.

import { grouped, short } from "../app/dom.js";

/** `12 MB`, in powers of a thousand. */
export function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let [value, unit] = [count, 0];
  while (value >= 999.5 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value < 9.95 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `350 µs`, `2.1 ms`, `1.2 s`; a dash for what is not known. */
export function seconds(value) {
  if (value === null || value === undefined) return "–";
  const [scaled, unit] = value < 1e-3 ? [value * 1e6, "µs"] : value < 1 ? [value * 1e3, "ms"] : [value, "s"];
  return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)} ${unit}`;
}

/** `3 d 4 h`, `5 min`. */
export function span(milliseconds) {
  const minutes = Math.floor(milliseconds / 60000);
  if (minutes < 1) return `${Math.floor(milliseconds / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Exact below a million, short above. */
export const count = (number) => (number < 1e6 ? grouped(number) : short(number));

/** A rate with as many digits as say something. */
export const rate = (number) => (number < 9.95 ? number.toFixed(1) : grouped(Math.round(number)));

/** A moment as day and time. */
export const moment = (milliseconds) =>
  new Date(milliseconds).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
