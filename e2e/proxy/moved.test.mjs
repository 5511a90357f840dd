// Moved routes, empty answers and odd records of providers, in workerd.

import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";

import { ask as askIsbndb, post } from "../isbndb/support.mjs";
import { admin } from "../harness/support.mjs";
import { ask, startProxy } from "./support.mjs";
import { ROOT } from "../harness/index.mjs";

const SAMPLE = path.join(ROOT, "xtask/sample/library.csv");
const KEYLESS = {
  isbndb: { ISBNDB_API_KEY: null },
  proxy: { GOOGLE_BOOKS_API_KEY: null, GOOGLE_BOOKS_IOSKEY: null },
};

async function withProxy(options, work) {
  const vars = { RATE_LIMIT_MS: "0", OPEN_LIBRARY_INTERVAL_MS: "0", BREAKER_FAILURES: "3" };
  const { emulators = {}, ...rest } = options;
  const args = ["--complete", ...(emulators.args ?? [])];
  const stack = await startProxy({
    vars: { proxy: vars, isbndb: { BREAKER_FAILURES: "3" } },
    emulators: { ...emulators, args },
    ...rest,
  });
  try {
    await stack.emulators.settings({ pace: false });
    return await work(stack);
  } finally {
    await stack.stop();
  }
}

const listed = async (stack) =>
  (await stack.emulators.catalogue()).books.filter((b) => b.kind === "listed" && b.knownTo.length === 3);

async function batch(stack, items) {
  const body = JSON.stringify({ items });
  const answer = await ask(stack, "/search/batch", { method: "POST", body });
  assert.equal(answer.status, 200, answer.text);
  return answer.json().results;
}

const outcomeOf = (answer, provider) => answer.json().providers.find((p) => p.name === provider)?.outcome;

/** The outcome of a provider in a search through the proxy. */
const search = (provider, url) => async (stack, books) => {
  const answer = await ask(stack, url(books));
  return outcomeOf(answer, provider);
};

/** "found", or the status of the ISBNdb Worker's answer. */
const isbndb = (url) => async (stack, books) => {
  const { status } = await askIsbndb(stack.worker("isbndb"), url(books));
  return status === 200 ? "found" : String(status);
};

const bulk = async (stack, books) => {
  const isbns = books.slice(3, 5).map((b) => b.isbn13);
  const { body } = await askIsbndb(stack.worker("isbndb"), "/books", post(isbns));
  return body.found.length === isbns.length ? "found" : JSON.stringify(body.failed);
};

// A request through each route. `instead`: another route of the provider replaces a moved one.
const ROUTES = {
  openlibrary: {
    "/api/books.json": {
      match: "api/books.json",
      say: search("open-library", ([b]) => `/search/isbn?isbn=${b.isbn13}`),
      instead: true,
    },
    "/search.json": {
      match: "search.json",
      say: search("open-library", ([b]) => `/search/title?q=${encodeURIComponent(b.title)}`),
    },
  },
  google: {
    "/books/v1/volumes": {
      match: "volumes?",
      say: search("google-books", ([, b]) => `/search/title?q=${encodeURIComponent(b.title)}`),
    },
    "/books/v1/volumes/{id}": {
      match: "volumes/",
      say: async (stack, [b]) =>
        (await ask(stack, `/books/v1/volumes/g-${b.googleId}`)).status === 200 ? "found" : "moved",
    },
  },
  isbndb: {
    "/book/{isbn}": { match: "GET book/", say: isbndb(([, , b]) => `/book/${b.isbn13}`), instead: true },
    "/books": { match: "POST books", say: bulk, instead: true },
    "/author/{name}": {
      match: "GET author/",
      say: isbndb(([b]) => `/author/${encodeURIComponent(b.authors[0])}`),
    },
    "/books/{query}": { match: "GET books/", say: isbndb(([b]) => `/books/${encodeURIComponent(b.title)}`) },
    "/search/books": {
      match: "GET search/books",
      say: isbndb(([b]) => `/search/books?author=${encodeURIComponent(b.authors[0])}`),
    },
  },
};
const NAMES = { openlibrary: "open-library", google: "google-books", isbndb: "isbndb" };
const STATUSES = { openlibrary: [404, 410, 405, 301, 500], google: [404, 410], isbndb: [404, 405, 410, 301] };

describe("a route that has moved", () => {
  for (const [provider, routes] of Object.entries(ROUTES)) {
    for (const [at, [moved, { match }]] of Object.entries(routes).entries()) {
      const status = STATUSES[provider][at % STATUSES[provider].length];
      test(`${provider}'s ${moved} answers ${status}: the other routes still answer`, () =>
        // Without keys: with other providers, the answer to an ISBN would not wait for Open
        // Library.
        withProxy(provider === "openlibrary" ? { secrets: KEYLESS } : {}, async (stack) => {
          const books = await listed(stack);
          await stack.emulators.faults({ provider, fault: "moved", status, path: match });
          for (let round = 0; round < 4; round++) {
            for (const [route, { say, instead }] of Object.entries(routes)) {
              const said = await say(stack, books.slice(round * 5));
              if (route === moved && !instead)
                assert.ok(said === "moved" || said === "502", `${route}: ${said}`);
              else assert.equal(said, "found", route);
            }
          }
          const worker = provider === "isbndb" ? "isbndb" : "proxy";
          const health = await (await stack.worker(worker).fetch("/health", { headers: admin })).json();
          assert.equal(health.status, "degraded", JSON.stringify(health));
          const of = health.providers[NAMES[provider]];
          assert.deepEqual([of.movedRoutes, of.breaker], [[moved], "closed"]);
          if (provider === "isbndb") {
            const { serviceBindings } = await (
              await stack.worker("proxy").fetch("/health", { headers: admin })
            ).json();
            assert.match(
              serviceBindings.ISBNDB_WORKER.error,
              new RegExp(`has moved its route ${moved.replaceAll(/[{}]/g, ".")}`),
            );
          }
        }));
    }
  }

  for (const [status, fault] of [
    [404, "moved"],
    [500, "moved"],
    [null, null],
  ]) {
    test(`without keys every ISBN of the library is answered (${status ?? "not moved"})`, () =>
      withProxy({ secrets: KEYLESS, emulators: { libraries: [SAMPLE] } }, async (stack) => {
        const books = await listed(stack);
        assert.ok(books.length >= 25, `${books.length}`);
        if (fault)
          await stack.emulators.faults({ provider: "openlibrary", fault, status, path: "api/books.json" });
        const items = books.map((b) => ({ id: b.isbn13, kind: "isbn", isbn: b.isbn13 }));
        for (const result of await batch(stack, items)) {
          assert.equal(result.outcome, "found", JSON.stringify(result));
        }
        for (const { isbn13, title } of books) {
          const answer = await ask(stack, `/book/${isbn13}`);
          assert.equal(answer.status, 200, `${isbn13} ${title}`);
        }
      }));
  }

  test("a moved route makes no book absent", () =>
    withProxy({ secrets: KEYLESS }, async (stack) => {
      const [{ isbn13 }] = await listed(stack);
      await stack.emulators.faults({ provider: "openlibrary", fault: "moved" });
      const answer = await ask(stack, `/book/${isbn13}`);
      assert.equal(answer.status, 503, answer.text);
      assert.ok(Number(answer.headers.get("retry-after")) > 0);
      assert.equal(outcomeOf(answer, "open-library"), "moved");
    }));
});

describe("an empty answer", () => {
  test("confirms no absence without the known ISBN", () =>
    withProxy({ secrets: KEYLESS }, async (stack) => {
      const books = (await listed(stack)).slice(0, 12);
      const items = books.map((b) => ({ id: b.isbn13, kind: "isbn", isbn: b.isbn13 }));
      await stack.emulators.faults({ provider: "openlibrary", fault: "empty" });
      for (const result of await batch(stack, items)) {
        assert.equal(result.outcome, "failed", JSON.stringify(result));
      }
      const { openlibrary } = await stack.emulators.counts();
      assert.equal(openlibrary.requests, 6);
      await stack.emulators.clear();
      for (const { isbn13 } of books.slice(0, 3)) {
        assert.equal((await ask(stack, `/book/${isbn13}`)).status, 200);
      }
      const { providers } = await (await stack.worker("proxy").fetch("/health", { headers: admin })).json();
      assert.equal(providers["open-library"].breaker, "closed");
    }));

  test("confirms absences by one call with the known ISBN", () =>
    withProxy({ secrets: KEYLESS }, async (stack) => {
      const unknown = ["9786123456719", "9786123456726", "9786123456733", "9786123456740"];
      const items = unknown.map((isbn) => ({ id: isbn, kind: "isbn", isbn }));
      for (const result of await batch(stack, items)) assert.equal(result.outcome, "notFound");
      const { openlibrary } = await stack.emulators.counts();
      assert.equal(openlibrary.requests, 1);
    }));
});

describe("an odd record", () => {
  for (const fault of ["odd_field", "odd_record"]) {
    test(`${fault} loses no other record and opens no breaker`, () =>
      withProxy({}, async (stack) => {
        const books = await listed(stack);
        await stack.emulators.faults({ provider: "all", fault });
        for (const { title, authors } of books.slice(0, 4)) {
          for (const url of [
            `/search/title?q=${encodeURIComponent(title)}`,
            `/search/author?q=${encodeURIComponent(authors[0])}`,
          ]) {
            const answer = await ask(stack, url);
            assert.equal(answer.status, 200, answer.text);
            for (const { name, outcome } of answer.json().providers) {
              assert.notEqual(outcome, "malformed", `${url}: ${name}`);
            }
          }
        }
        const { providers } = await (await stack.worker("proxy").fetch("/health", { headers: admin })).json();
        for (const [name, { breaker }] of Object.entries(providers)) assert.equal(breaker, "closed", name);
      }));
  }
});
