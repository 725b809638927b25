// The REST API of the server this page comes from. Every call answers its JSON or throws a `Failure` to show a person.

import { recall, remember } from "./storage.js";

/** A call that did not work: a sentence, and the status (0 when the server was not reached). */
export class Failure extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** Whether the server asks who is calling. */
  get needsToken() {
    return this.status === 401 || this.status === 403;
  }

  /** Whether trying again later may help. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500 || this.needsToken;
  }
}

let token = recall("token");

/** Uses a bearer token from now on, for servers that ask for one. */
export function setToken(text) {
  token = text || null;
  remember("token", token);
}

/** Calls the API. `options`: `method`, `body` (sent as JSON), `signal`, `keepalive`. */
export async function call(path, options = {}) {
  const headers = {};
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  let response;
  try {
    response = await fetch(path, {
      method: options.method ?? (options.body === undefined ? "GET" : "POST"), headers, signal: options.signal,
      keepalive: options.keepalive, body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure("The server cannot be reached.", 0);
  }
  if (response.status === 204) return {};
  const text = await response.text();
  let answer = {};
  try {
    answer = JSON.parse(text);
  } catch {
    if (response.ok) throw new Failure("The server’s answer makes no sense.", response.status);
  }
  if (!response.ok) throw new Failure(answer.detail || `The server answered ${response.status}.`, response.status);
  return answer;
}

let description = null;

/** Whether the server has a route, by its own description: an older or smaller server has fewer, and the page does without. */
export async function offers(path) {
  description ??= call("/openapi.json");
  try {
    return path in (await description).paths;
  } catch {
    description = null;
    return false;
  }
}

const encode = encodeURIComponent;

export const listeners = (limit = 200) => call(`/users?limit=${limit}`);
export const homeSongs = (user, limit = 18) => call(`/recommend/home?user_id=${encode(user)}&limit=${limit}`);
export const popularSongs = (limit = 12) => call(`/popular?limit=${limit}`);
export const newSongs = (limit = 18) => call(`/newest?limit=${limit}`);
export const song = (id) => call(`/songs/${encode(id)}`);
export const similarSongs = (id, limit = 18) => call(`/songs/${encode(id)}/similar?limit=${limit}`);
export const search = (text, signal) => call(`/search?q=${encode(text)}&limit=40`, { signal });
export const nextSongs = (user, song, exclude, limit) =>
  call("/recommend/next", { body: { user_id: user, track_id: song, limit, exclude } });
export const sendEvents = (events) => call("/events", { body: events, keepalive: true });
export const history = (user, limit = 20) => call(`/users/${encode(user)}/history?limit=${limit}`);
export const ratings = (user, limit = 200) => call(`/users/${encode(user)}/ratings?limit=${limit}`);
const ratingPath = (user, song) => `/users/${encode(user)}/ratings/${encode(song)}`;
export const rate = (user, song, rating) =>
  call(ratingPath(user, song), rating ? { method: "PUT", body: { rating } } : { method: "DELETE" });
