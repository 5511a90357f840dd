// What the ISBNdb Worker's tests share.

import { setTimeout as sleep } from "node:timers/promises";

import { startStack } from "../harness/index.mjs";

/** The interval of the Basic plan, with the guard of the rate limiter. */
export const SLOT_MS = 1_030;

/** The ISBNdb Worker alone, with emulators. */
export function startIsbndb(options = {}) {
  return startStack({ workers: ["isbndb"], ...options });
}

/** Why a test of ISBNdb's own count cannot run now: early in a day the count may be the previous day's. */
export function countIsNotBelieved() {
  const isEarly = Date.now() % 86_400_000 < 11 * 60_000;
  return isEarly && "in the first ten minutes of ISBNdb's day its own count is not taken over";
}

/** The n-th of many valid ISBNs that no catalogue has. */
export function isbn(n) {
  const first = `978${String(500_000_000 + n)}`;
  const sum = [...first].reduce((all, digit, at) => all + Number(digit) * (at % 2 ? 3 : 1), 0);
  return first + ((10 - (sum % 10)) % 10);
}

/** ISBNs of the catalogue that ISBNdb knows. */
export async function knownBooks(stack) {
  const { books } = await stack.emulators.catalogue();
  return books.filter((book) => book.isbn13 && book.knownTo.includes("isbndb"));
}

/** The requests that ISBNdb received since a moment. */
export async function received(stack, since = 0) {
  const { requests } = await stack.emulators.log(since);
  return requests.filter((request) => request.provider === "isbndb");
}

/** Units as a naive provider counts them: one a call, or one an ISBN of a bulk call. */
export function unitsOf(requests) {
  return requests.reduce((sum, { body }) => sum + (body?.isbns?.length ?? 1), 0);
}

/** Most requests that arrived within any span (half open). */
export function mostWithin(requests, spanMs) {
  const times = requests.map((request) => request.atMs).sort((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to++) {
    while (times[to] - times[from] >= spanMs) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

/**
 * Repeats a request until the answer is a success or a 404.
 *
 * @param {{ fetch: (path: string, init?: any) => Promise<Response> }} worker
 * @param {string} path
 * @param {{ deadlineMs?: number } & RequestInit} init
 */
export async function insist(worker, path, { deadlineMs = 120_000, ...init } = {}) {
  const until = Date.now() + deadlineMs;
  while (Date.now() < until) {
    const response = await worker.fetch(path, init).catch(() => null);
    const body = await response?.text().catch(() => null);
    if (response && body != null && (response.status === 200 || response.status === 404)) return response;
    const seconds = Number(response?.headers.get("retry-after") ?? 0);
    await sleep(Math.min(seconds * 1_000, 5_000) || 100);
  }
  throw new Error(`no answer to ${path} within ${deadlineMs} ms`);
}

export const BACKGROUND = { "x-call-class": "background" };

/** A request's JSON body and status. */
export async function ask(worker, path, init) {
  const response = await worker.fetch(path, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : null };
}

export function post(isbns) {
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...BACKGROUND },
    body: JSON.stringify({ isbns }),
  };
}
