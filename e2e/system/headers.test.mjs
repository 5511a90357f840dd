// The headers of every route of the three Workers, for each kind of answer, checked by httplint.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { ROOT } from "../harness/index.mjs";
import { admin, eventually, isbn13, missing } from "../harness/support.mjs";
import { UNPACED } from "../proxy/support.mjs";
import { withStack } from "./support.mjs";

const skip = missing("httplint", "pip install httplint==2026.10.4", "--help");

const DESCRIPTIONS = { isbndb: "isbndb-worker", proxy: "books-api-proxy", warmer: "cache-warmer" };
const LIBRARY = "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\nNone,Unknown,9786123456702\n";
const UNKNOWN = { isbn13: "9786123456702", title: "Qzxvw Kjhgf", authors: ["Vbnmz Qwrtp"] };
const OPTIONS = {
  vars: {
    isbndb: { ISBNDB_PLAN: "enterprise", BREAKER_FAILURES: "0", RATE_LIMIT_MS: "0", ISBNDB_INTERVAL_MS: "1" },
    proxy: { ...UNPACED, BREAKER_FAILURES: "0", WARM_SEARCHES: "true", SEARCH_DEADLINE_MS: "9000" },
  },
  emulators: { args: ["--isbndb-plan", "enterprise", "--complete"] },
};

/** The accepted warnings: for which exchanges, and why. */
const EXPLAINED = {
  STORE_PUBLIC_UNNECESSARY: [
    (one) => one.received.some(([name]) => name.toLowerCase() === "x-cache"),
    "without `public` no shared cache may keep what a request with a token was answered, and every client " +
      "gets the same answer",
  ],
  STATUS_BAD_REQUEST: [(one) => one.state === "error", "the request is meant to be refused"],
  HEADER_SHOULD_NOT_BE_IN_304: [
    (one) => one.worker === "warmer" && one.state === "304",
    "the platform answers for the dashboard's files, with their type",
  ],
};

const enc = encodeURIComponent;

/**
 * Per route of the proxy: a question about a book, and one that is refused.
 *
 * @type {Record<string, [(book: any) => string, string]>}
 */
const QUESTIONS = {
  "/search/auto": [({ title }) => `/search/auto?q=${enc(title)}`, "/search/auto?q="],
  "/search/isbn": [(book) => `/search/isbn?isbn=${book.isbn13}`, "/search/isbn?isbn=1"],
  "/search/title": [({ title }) => `/search/title?title=${enc(title)}`, "/search/title"],
  "/search/author": [({ authors }) => `/search/author?author=${enc(authors[0])}`, "/search/author?author="],
  "/search/advanced": [
    ({ title, authors }) => `/search/advanced?title=${enc(title)}&author=${enc(authors[0])}`,
    "/search/advanced",
  ],
  "/book/{isbn}": [(book) => `/book/${book.isbn13}`, "/book/1"],
  "/author/{name}": [({ authors }) => `/author/${enc(authors[0])}`, "/author/a?page=0"],
  "/books/v1/volumes": [({ isbn13 }) => `/books/v1/volumes?q=isbn:${isbn13}`, "/books/v1/volumes?q="],
  "/books/v1/volumes/{id}": [(book) => `/books/v1/volumes/isbn-${book.isbn13}`, "/books/v1/volumes/unknown"],
};

/** Sends requests and records the bytes of request and answer. */
class Recorder {
  /** @type {{ worker: string, state: string, method: string, target: string, sent: string[][], status: number,
   *   received: string[][], body: string }[]} */
  exchanges = [];

  constructor(urls) {
    this.urls = urls;
  }

  async ask(worker, state, target, init = {}) {
    const answer = await this.send(worker, state, target, init);
    this.exchanges.push(answer.exchange);
    return answer;
  }

  /** Sends without recording. */
  async send(worker, state, target, { method = "GET", headers = admin, body = undefined } = {}) {
    /** @type {http.IncomingMessage} */
    const answer = await new Promise((resolve, reject) => {
      const request = http.request(this.urls[worker] + target, { method, headers }, resolve);
      request.once("error", reject).end(body);
    });
    const bytes = await buffer(answer);
    const status = answer.statusCode ?? 0;
    const [sent, received] = [Object.entries(headers), pairs(answer.rawHeaders)];
    const exchange = { worker, state, method, target, sent, status, received, body: bytes.toString("hex") };
    return { status, headers: answer.headers, text: bytes.toString(), exchange };
  }
}

function pairs(raw) {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at], raw[2 * at + 1]]);
}

/** Books that every provider has, each by another author. */
async function knownBooks(stack) {
  const { books } = await stack.emulators.catalogue();
  const known = books.filter((book) => book.isbn13 && book.knownTo.length === 3 && book.authors.length > 0);
  const byAuthor = new Map(known.map((book) => [book.authors[0], book]));
  return [...byAuthor.values()];
}

/** Sends every question of the proxy concurrently. */
const forAll = (work) =>
  Promise.all(Object.values(QUESTIONS).map(([question, refused]) => work(question, refused)));

async function proxyFresh(stack, recorder) {
  const ask = (...args) => recorder.ask("proxy", ...args);
  const [book, partial, down] = await knownBooks(stack);
  await forAll(async (question, refused) => {
    assert.equal((await ask("miss", question(book))).status, 200);
    await eventually("a hit", async () =>
      /^HIT/.test((await recorder.send("proxy", "", question(book))).headers["x-cache"]),
    );
    const again = await ask("hit", question(book));
    assert.match(again.headers["x-cache"], /^HIT/);
    assert.equal((await ask("hit", question(book), { method: "HEAD" })).status, 200);
    assert.equal((await ask("hit", question(book), { headers: { "accept-encoding": "gzip" } })).status, 200);
    // A provider that answers late may change the tag.
    const conditional = { headers: { ...admin, "if-none-match": "*" } };
    assert.equal((await ask("304", question(book), conditional)).status, 304, question(book));
    const none = await ask("negative", question(UNKNOWN));
    assert.ok(none.status === 404 || JSON.parse(none.text).totalItems === 0, none.text);
    assert.equal((await ask("negative", question(UNKNOWN))).status, none.status);
    const error = await ask("error", refused);
    assert.ok([400, 404, 503].includes(error.status), `${refused}: ${error.text}`);
  });
  // The providers are slow, so that the refusal comes first.
  await stack.emulators.settings({ latencyMs: { google: 500, isbndb: 500 } });
  await stack.emulators.faults({ provider: "openlibrary", fault: "status", status: 403 });
  await forAll(async (question) => {
    const answer = await ask("partial", question(partial));
    assert.deepEqual([answer.status, answer.headers["cache-control"]], [200, "no-cache"], answer.text);
  });
  await stack.emulators.clear();
  await stack.emulators.settings({ latencyMs: 0 });
  await stack.emulators.faults({ provider: "all", fault: "status", status: 500 });
  await forAll(async (question) => {
    assert.equal((await ask("error", question(down))).status, 503, question(down));
  });
  await stack.emulators.clear();
}

/** Stale answers, each refreshed afterwards: every question is about another book. */
async function proxyStale(stack, recorder) {
  const books = await knownBooks(stack);
  await Promise.all(
    Object.values(QUESTIONS).map(([question], at) =>
      eventually("a stale answer", async () => {
        // A request before the entry is stale would refresh it.
        await sleep(1_500);
        const { exchange, headers } = await recorder.send("proxy", "stale", question(books[at]));
        return headers["x-cache"] === "STALE" && recorder.exchanges.push(exchange);
      }),
    ),
  );
}

/** Routes with one kind of answer only, and refused requests. */
async function proxyOthers(recorder) {
  const ask = (...args) => recorder.ask("proxy", ...args);
  const post = (body) => ({
    method: "POST",
    headers: { ...admin, "content-type": "application/json" },
    body,
  });
  const item = { id: "1", kind: "isbn", isbn: "9780441172719" };
  const batch = await ask("hit", "/search/batch", post(JSON.stringify({ items: [item] })));
  assert.equal(batch.status, 200, batch.text);
  assert.equal((await ask("error", "/search/batch", post("{"))).status, 400);
  assert.equal((await ask("error", "/search/batch", { ...post("{}"), headers: {} })).status, 401);
  assert.equal((await ask("hit", "/cache?q=dune", { method: "DELETE" })).status, 200);
  assert.equal((await ask("error", "/cache", { method: "DELETE" })).status, 400);
  assert.equal((await ask("hit", "/search-log")).status, 200);
  assert.equal((await ask("hit", "/search-log", { method: "DELETE" })).status, 204);
  for (const method of ["GET", "DELETE"])
    assert.equal((await ask("error", "/search-log", { method, headers: {} })).status, 401, method);
  for (const target of ["/health", "/health?shallow=true", "/metrics", "/", "/openapi.json", "/page/page.js"])
    assert.equal((await ask("hit", target)).status, 200, target);
  assert.equal((await ask("hit", "/", { headers: { accept: "text/html" } })).status, 200);
  assert.equal((await ask("error", "/metrics", { headers: {} })).status, 401);
  assert.equal((await ask("error", "/nothing")).status, 404);
  const preflight = { origin: "https://a.example", "access-control-request-method": "GET" };
  assert.equal((await ask("hit", "/search/auto", { method: "OPTIONS", headers: preflight })).status, 204);
  assert.equal((await ask("error", "/search/auto", { method: "PUT" })).status, 405);
}

async function isbndbWorker(stack, recorder) {
  const ask = (...args) => recorder.ask("isbndb", ...args);
  const [book, , down] = await knownBooks(stack);
  const author = (one) => `/author/${enc(one.authors[0])}`;
  const targets = [
    (one) => `/book/${one.isbn13}`,
    author,
    (one) => `/books/${enc(one.title)}`,
    (one) => `/search/books?author=${enc(one.authors[0])}`,
  ];
  const post = (body) => ({ method: "POST", headers: { "content-type": "application/json" }, body });
  for (const target of targets) {
    for (const state of ["miss", "hit"]) assert.equal((await ask(state, target(book))).status, 200);
    const none = await ask("negative", target(UNKNOWN));
    assert.ok(none.status === 404 || JSON.parse(none.text).total === 0, none.text);
  }
  const bulk = post(JSON.stringify({ isbns: [down.isbn13, UNKNOWN.isbn13] }));
  assert.equal((await ask("miss", "/books", bulk)).status, 200);
  for (const target of ["/quota", "/health", "/health?shallow=true", "/metrics"])
    assert.equal((await ask("hit", target)).status, 200, target);
  for (const target of ["/book/1", "/author/a?page=x", "/books/a?page=x", "/search/books?page=x"])
    assert.equal((await ask("error", target)).status, 400, target);
  assert.equal((await ask("error", "/books", post("{"))).status, 400);
  await stack.emulators.faults({ provider: "isbndb", fault: "status", status: 500 });
  assert.equal((await ask("error", `/book/${isbn13(1)}`)).status, 502);
  assert.equal((await ask("error", "/metrics", { method: "POST" })).status, 405);
  await stack.emulators.clear();
}

async function warmer(recorder) {
  const ask = (...args) => recorder.ask("warmer", ...args);
  const csv = { method: "POST", headers: { ...admin, "content-type": "text/csv" }, body: LIBRARY };
  assert.equal((await ask("hit", "/preview", csv)).status, 200);
  assert.equal((await ask("hit", "/upload?name=library.csv", csv)).status, 202);
  const { id } = await eventually(
    "a job",
    async () => JSON.parse((await recorder.send("warmer", "", "/status")).text).jobs[0],
  );
  const readings = ["/status", `/jobs/${id}`, `/jobs/${id}/failures.csv`, "/search?q=dune", "/metrics"];
  const siblings = ["/health/proxy", "/health/isbndb", "/metrics/isbndb"];
  for (const target of [...readings, ...siblings]) {
    assert.equal((await ask("hit", target)).status, 200, target);
    assert.equal((await ask("error", target, { headers: {} })).status, 401, target);
  }
  for (const target of ["/health", "/health?shallow=true"])
    assert.equal((await ask("hit", target)).status, 200, target);
  for (const target of ["/", "/dashboard.js", "/openapi.json"]) {
    const { headers } = await ask("hit", target);
    const conditional = { headers: { "if-none-match": headers.etag } };
    assert.equal((await ask("304", target, conditional)).status, 304, target);
  }
  // Only a planned job waits, so that each command finds it in the state that it needs.
  const planned = await recorder.send("warmer", "", "/upload?name=planned.csv&dryRun=true", {
    ...csv,
    body: `${LIBRARY}Emma,Jane Austen,\n`,
  });
  const waiting = JSON.parse(planned.text).jobs[0].id;
  for (const step of ["pause", "cancel", "retry", "resume", "reread"]) {
    const answer = await ask("hit", `/jobs/${waiting}/${step}`, { method: "POST" });
    assert.equal(answer.status, 200, `${step}: ${answer.text}`);
    assert.equal((await ask("error", `/jobs/unknown/${step}`, { method: "POST" })).status, 404, step);
  }
  assert.equal((await ask("hit", "/warm", { method: "POST" })).status, 202);
  for (const target of ["/warm", "/preview?encoding=none", "/upload?name=%20"])
    assert.equal((await ask("error", target, { ...csv, body: "[" })).status, 400, target);
}

/** The notes of httplint, each with its exchange. */
function lint(exchanges) {
  const { stdout, stderr, status } = spawnSync("python3", [path.join(ROOT, "e2e/system/headers.py")], {
    input: JSON.stringify(exchanges),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout).flatMap((notes, at) =>
    notes.map((note) => ({ ...note, exchange: exchanges[at] })),
  );
}

describe("the headers of every route, as httplint reads them", { skip }, () => {
  let exchanges, notes;
  before(async () => {
    const first = await withStack(OPTIONS, async (stack) => {
      await stack.emulators.settings({ pace: false });
      const recorder = new Recorder(stack.urls);
      await proxyFresh(stack, recorder);
      await proxyOthers(recorder);
      await isbndbWorker(stack, recorder);
      await warmer(recorder);
      return recorder.exchanges;
    });
    const { isbndb, proxy } = OPTIONS.vars;
    const vars = { isbndb, proxy: { ...proxy, CACHE_COLD_TTL: "1", PARTIAL_TTL: "1" } };
    const second = await withStack({ ...OPTIONS, workers: ["proxy", "isbndb"], vars }, async (stack) => {
      await stack.emulators.settings({ pace: false });
      const recorder = new Recorder(stack.urls);
      await proxyStale(stack, recorder);
      return recorder.exchanges;
    });
    exchanges = [...first, ...second];
    notes = lint(exchanges).filter(({ level }) => level === "BAD" || level === "WARN");
  });

  for (const [worker, name] of Object.entries(DESCRIPTIONS)) {
    test(`each operation of ${name} was answered and refused`, () => {
      const { paths } = JSON.parse(readFileSync(path.join(ROOT, `openapi/${name}.json`), "utf8"));
      for (const [template, operations] of Object.entries(paths)) {
        const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`);
        for (const method of Object.keys(operations).map((word) => word.toUpperCase())) {
          const own = exchanges.filter(
            (one) => one.worker === worker && one.method === method && pattern.test(one.target.split("?")[0]),
          );
          const operation = `${method} ${template}`;
          assert.ok(
            own.some(({ status }) => status < 300),
            `${operation} was not answered`,
          );
          // A running Worker does not refuse these, except for the token.
          if (["/health", "/quota", "/metrics"].includes(template)) continue;
          assert.ok(
            own.some(({ status }) => status >= 400),
            `${operation} was not refused`,
          );
        }
      }
    });
  }

  test("a browser does not guess the type of other answers than JSON", () => {
    // Metrics are for programs, and require the token.
    const header = (one, name) => one.received.find(([word]) => word.toLowerCase() === name)?.[1] ?? "";
    const others = exchanges.filter(
      (one) => one.body !== "" && !/json|version=0/.test(header(one, "content-type")),
    );
    const guessed = others.filter((one) => header(one, "x-content-type-options") !== "nosniff");
    assert.ok(others.length >= 5, `${others.length}`);
    assert.deepEqual(
      [...new Set(guessed.map(({ worker, method, target }) => `${worker} ${method} ${target}`))],
      [],
    );
  });

  test("there is no error, and each warning is explained", () => {
    const left = notes.filter(({ id, exchange }) => !EXPLAINED[id]?.[0](exchange));
    const said = left.map(
      ({ id, text, exchange: { worker, state, method, target, status } }) =>
        `${worker} ${state} ${method} ${target} ${status}: ${id}, ${text}`,
    );
    assert.deepEqual(said, []);
  });

  test("each explained warning occurs", () => {
    const seen = new Set(notes.map(({ id }) => id));
    for (const [id, [, reason]] of Object.entries(EXPLAINED)) assert.ok(seen.has(id), `${id}: ${reason}`);
  });
});
