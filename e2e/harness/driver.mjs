// Runs a stack for another program: `cargo xtask dev` sends one JSON object a line on standard
// input, { id, do, … }, and gets one a line back, { id, ok } or { id, error }. The stack ends when
// standard input is closed.

import { appendFileSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { startStack } from "./index.mjs";
import { parseCsv, readLibrary, searchesOf } from "./library.mjs";

let stack;

const actions = {
  /** Starts emulators and Workers; returns their URLs. */
  async start({ options, logFile }) {
    const onLog = logFile ? ({ level, text }) => appendFileSync(logFile, `${level} ${text}\n`) : undefined;
    stack = await startStack({ ...options, onLog });
    return { urls: stack.urls, emulators: stack.emulators.addresses };
  },

  /** A request to a Worker. */
  async fetch({ worker, path, method, headers, body }) {
    const response = await stack.worker(worker).fetch(path, { method, headers, body });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
  },

  /** Runs a cron handler. */
  async scheduled({ worker, cron }) {
    return stack.worker(worker).scheduled(cron);
  },

  /** Puts a file into the R2 bucket behind a binding. */
  async upload({ worker, binding, key, file }) {
    const bucket = await stack.r2(worker, binding);
    await bucket.put(key, readFileSync(file), { httpMetadata: { contentType: "text/csv" } });
    return null;
  },

  /** The numbers of all lines in failures.csv. */
  async failedLines({ job, token }) {
    const headers = { authorization: `Bearer ${token}` };
    const lines = new Set();
    /** @type {string | undefined} */
    let next = "";
    while (next !== undefined) {
      const path = `/jobs/${encodeURIComponent(job)}/failures.csv${next}`;
      const answer = await stack.worker("warmer").fetch(path, { headers });
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      const records = parseCsv(await answer.text()).slice(next === "" ? 1 : 0);
      for (const { cells } of records) lines.add(Number(cells[0]));
      next = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
    }
    return [...lines];
  },

  /** Requests that the emulators received, by provider. */
  async counts() {
    return stack.emulators.counts();
  },

  /** The billed operations, by Worker. */
  async usage() {
    const workers = ["isbndb", "proxy", "warmer"];
    const counted = await Promise.all(workers.map((key) => stack.worker(key).usage()));
    return Object.fromEntries(workers.map((key, index) => [key, counted[index]]));
  },

  /** The ISBN of a library's first usable row, or else its author. */
  async firstSearch({ file, except }) {
    const rows = readLibrary(readFileSync(file)).filter((row) => !except.includes(row.line));
    const row = rows.find((row) => row.isbn13 !== null);
    return row?.isbn13 ?? encodeURIComponent(rows[0]?.author ?? "");
  },

  /**
   * Makes the searches of the owner for every row of a library: by each form of its ISBN, by its
   * author, without an ISBN by title and author. Lines in `except` are left out. Returns how many
   * searches were answered from cache, and the others.
   */
  async searchLibrary({ file, except }) {
    const rows = readLibrary(readFileSync(file)).filter((row) => !except.includes(row.line));
    const searches = new Map();
    for (const row of rows) for (const q of searchesOf(row)) searches.set(q, row.line);
    const others = [];
    for (const [q, line] of searches) {
      const path = `/search/auto?q=${encodeURIComponent(q)}`;
      const response = await stack.worker("proxy").fetch(path);
      const cache = response.headers.get("x-cache") ?? "";
      const body = await response.json().catch(() => null);
      const isHit = response.status === 200 && cache.startsWith("HIT") && body?.totalItems > 0;
      if (!isHit) {
        const items = body?.totalItems ?? 0;
        others.push({ line, q, status: response.status, cache, items });
      }
    }
    return { rows: rows.length, searches: searches.size, others };
  },
};

// Ctrl-C ends the whole group of processes; the other program then closes standard input.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});

function answer(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const pending = new Set();
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { id, do: action, ...args } = JSON.parse(line);
  const work = (actions[action] ?? (() => Promise.reject(new Error(`no action ${action}`))))(args)
    .then((value) => answer({ id, ok: value ?? null }))
    .catch((error) => answer({ id, error: String(error?.message ?? error) }))
    .finally(() => pending.delete(work));
  pending.add(work);
});
lines.on("close", async () => {
  await stack?.stop();
  process.exit(0);
});
