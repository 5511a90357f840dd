// Fakes of the ISBNdb Worker and the proxy. They define the wire forms a second time, so that a
// mistake in the shared types is found. They have a cache, count upstream calls, fail on demand.

import { once } from "node:events";
import { createServer } from "node:http";

import { isbn13 } from "../harness/support.mjs";

const DAY_MS = 86_400_000;

/** A problem document of a sibling Worker. */
function problem(response, status, service, failure, headers = {}) {
  response.writeHead(status, { "content-type": "application/problem+json", ...headers });
  response.end(JSON.stringify({ status, service, failure, errorCode: failure.kind }));
}

function answer(response, body) {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

const fold = (text) =>
  (text ?? "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
const titleKey = (title, author) => `title:${fold(title)}|${fold(author)}`;

export class FakeSiblings {
  /** ISBNs that no provider knows. */
  unknown = new Set();
  /** ISBNs that belong to another book. */
  wrong = new Set();
  /** The fraction of an author's books that the page holds. */
  coverage = 0.7;
  /** Per Worker: "up", "down" (503), "hang" (no answer), or a failure of the connection. */
  isbndb = "up";
  proxy = "up";
  /** Makes single items fail: (item) => failure or undefined. */
  /** @type {(item: any) => any} */
  itemFault = () => undefined;
  quota = { daily: 1000, spent: 0, resetsAt: () => (Math.floor(Date.now() / DAY_MS) + 1) * DAY_MS };
  paceMs = 0;
  freshMs = 7 * DAY_MS;
  delayMs = 0;
  /** key → { freshUntil, empty } */
  cache = new Map();
  leafAuthors = new Set();
  leafBooks = new Set();
  counts = { authorPages: 0, bulkCalls: 0, units: 0, openLibrary: 0, batches: 0, probes: 0 };
  /** Fetches by key. */
  fetched = new Map();
  requests = [];
  /** The proxy's answer to `GET /search-log`. */
  searched = { enabled: false, queries: [], unreachableShards: 0 };

  async start() {
    const server = createServer((request, response) => {
      this.#serve(request, response).catch((error) => {
        response.writeHead(500);
        response.end(String(error));
      });
    });
    this.server = server;
    await once(server.listen(0, "127.0.0.1"), "listening");
    this.port = /** @type {import("node:net").AddressInfo} */ (server.address()).port;
    return this;
  }

  async stop() {
    const { server } = this;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** The module of a fake that a binding names. */
  module(name) {
    return `export default {
      async fetch(request) {
        const url = new URL(request.url);
        const target = "http://127.0.0.1:${this.port}/${name}" + url.pathname + url.search;
        const body = request.method === "POST" ? await request.text() : undefined;
        return fetch(target, { method: request.method, headers: request.headers, body });
      } }`;
  }

  get overrides() {
    return { warmer: { ISBNDB_WORKER: this.module("isbndb"), BOOKS_API_PROXY: this.module("proxy") } };
  }

  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
    const url = new URL(request.url, "http://x");
    const [, peer = "", ...path] = url.pathname.split("/").map(decodeURIComponent);
    this.requests.push({ at: Date.now(), peer, path: path.join("/"), items: body?.items?.length });
    const mode = this[peer];
    if (mode === "hang") return;
    if (mode === "down") {
      return problem(response, 502, peer, { kind: "upstream", status: 500 });
    }
    if (typeof mode === "object") return problem(response, 429, peer, mode);
    if (this.delayMs) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    return peer === "isbndb" ? this.#isbndb(path, body, response) : this.#proxy(path, body, response);
  }

  get left() {
    return Math.max(0, this.quota.daily - this.quota.spent);
  }

  #spend(units) {
    this.quota.spent += units;
    this.counts.units += units;
  }

  #quotaSpent() {
    return { kind: "quotaSpent", untilMs: this.quota.resetsAt() };
  }

  /** @param {string[]} path @param {any} body @param {import("node:http").ServerResponse} response */
  #isbndb([route, name], body, response) {
    if (route === "health") return answer(response, { status: "healthy" });
    if (route === "quota") {
      return answer(response, {
        plan: "basic",
        dailyLimit: this.quota.daily,
        spent: this.quota.spent,
        left: this.left,
        leftBackground: this.left,
        resetsAtMs: this.quota.resetsAt(),
        paceMs: this.paceMs,
        bulkSize: 100,
      });
    }
    if (route === "author") {
      const cached = this.leafAuthors.has(name);
      if (!cached) {
        if (this.left < 1) return problem(response, 429, "isbndb-worker", this.#quotaSpent());
        this.#spend(1);
        this.counts.authorPages += 1;
        this.leafAuthors.add(name);
      }
      return answer(response, { total: 1, page: 1, pageSize: 50, books: [], cached });
    }
    if (route === "books") {
      const missing = body.isbns.filter((isbn) => !this.leafBooks.has(isbn));
      const affordable = missing.slice(0, this.left);
      const failed = missing.slice(affordable.length).map((isbn) => ({ isbn, failure: this.#quotaSpent() }));
      if (affordable.length) {
        this.#spend(affordable.length);
        this.counts.bulkCalls += 1;
        affordable.forEach((isbn) => this.leafBooks.add(isbn));
      }
      const isbns = body.isbns.filter((isbn) => this.leafBooks.has(isbn));
      return answer(response, {
        found: isbns.filter((i) => !this.unknown.has(i)).map((isbn13) => ({ isbn13, title: "t" })),
        missing: isbns.filter((i) => this.unknown.has(i)),
        failed,
        upstreamCalls: affordable.length ? 1 : 0,
        units: affordable.length,
      });
    }
    problem(response, 404, "isbndb-worker", { kind: "notFound", detail: "route" });
  }

  /** @param {string[]} path @param {any} body @param {import("node:http").ServerResponse} response */
  #proxy([route], body, response) {
    if (route === "health") return answer(response, { status: "healthy" });
    if (route === "search-log") return answer(response, this.searched);
    if (route !== "search") {
      return problem(response, 404, "books-api-proxy", { kind: "notFound", detail: "route" });
    }
    this.counts[body.cache === "only-if-cached" ? "probes" : "batches"] += 1;
    answer(response, { results: body.items.map((item) => this.#item(item, body.cache)) });
  }

  #seen(key) {
    const entry = this.cache.get(key);
    return entry && !entry.empty && entry.freshUntil > Date.now() ? entry : undefined;
  }

  #store(key, empty = false) {
    this.cache.set(key, { freshUntil: Date.now() + this.freshMs, empty });
    this.fetched.set(key, (this.fetched.get(key) ?? 0) + 1);
  }

  #found(id, key, wasCached, books) {
    const entry = this.cache.get(key);
    return {
      id,
      key,
      books,
      outcome: "found",
      count: 1,
      tier: "R2",
      freshUntilMs: entry.freshUntil,
      wasCached,
      partial: false,
    };
  }

  #item(item, mode) {
    const keys = {
      isbn: () => `isbn:${item.isbn}`,
      author: () => `author:${fold(item.name)}`,
      title: () => titleKey(item.title, item.author),
      auto: () => `auto:${fold(item.q)}`,
    };
    const key = keys[item.kind]();
    const both = () =>
      item.kind === "isbn" && item.title
        ? [{ id: item.id, isbn: true, title: !!this.#seen(titleKey(item.title, item.author)) }]
        : undefined;
    if (mode === "only-if-cached" || (mode !== "refresh" && this.#seen(key))) {
      if (!this.#seen(key)) return { id: item.id, key, outcome: "miss" };
      if (item.kind !== "author" || mode === "only-if-cached") {
        return this.#found(item.id, key, true, both());
      }
    }
    const failure = this.itemFault(item);
    if (failure) {
      return { id: item.id, key, outcome: "failed", failure, provider: failure.provider ?? "isbndb" };
    }
    this.counts.openLibrary += item.kind === "isbn" ? 0 : 1;
    if (item.kind === "author") {
      if (!this.#seen(key) || mode === "refresh") this.#store(key);
      const books = (item.books ?? []).map((book, place) => {
        const held = (place % 10) / 10 < this.coverage && !this.unknown.has(book.isbn);
        if (!held) return { id: book.id, isbn: false, title: false };
        const wrong = !!book.repaired && this.wrong.has(book.isbn);
        if (book.isbn && !wrong) this.#store(`isbn:${book.isbn}`);
        if (book.title) this.#store(titleKey(book.title, item.name));
        return { id: book.id, isbn: !!book.isbn && !wrong, title: !!book.title, ...(wrong && { wrong }) };
      });
      return this.#found(item.id, key, false, books);
    }
    if (item.kind === "isbn") {
      if (this.wrong.has(item.isbn)) {
        return {
          id: item.id,
          key,
          outcome: "failed",
          failure: { kind: "wrongBook" },
          provider: "isbndb",
        };
      }
      if (this.unknown.has(item.isbn)) {
        this.#store(key, true);
        return { id: item.id, key, outcome: "notFound", freshUntilMs: Date.now() + 3600e3 };
      }
      this.#store(key);
      if (item.title) this.#store(titleKey(item.title, item.author));
      return this.#found(item.id, key, false, both());
    }
    this.#store(key);
    return this.#found(item.id, key, false);
  }
}

/** A plain library: `books` by `authors`, row n on line n + 2. */
export function library(books, authors, from = 100_000_000) {
  const rows = Array.from({ length: books }, (_, n) => {
    const author = `Author ${String.fromCharCode(65 + ((n % authors) % 26))}${n % authors}`;
    return `Title number ${n},${author},${isbn13(from + n * 7)}`;
  });
  return `Title,Author,ISBN-13\n${rows.join("\n")}\n`;
}
