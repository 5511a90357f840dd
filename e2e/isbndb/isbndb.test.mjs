// The ISBNdb Worker's routes, its cache and its errors, in workerd over the emulated ISBNdb.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { ROOT } from "../harness/index.mjs";
import {
  ask,
  countIsNotBelieved,
  isbn,
  knownBooks,
  post,
  received,
  startIsbndb,
  unitsOf,
} from "./support.mjs";

const SAMPLE = path.join(ROOT, "xtask/sample/library.csv");

for (const generation of ["1", "2"]) {
  describe(`generation ${generation} of the API`, () => {
    let stack, isbndb, books;
    before(async () => {
      const args = ["--isbndb-generation", generation, "--isbndb-plan", "enterprise"];
      stack = await startIsbndb({
        vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
        emulators: { libraries: [SAMPLE], args },
      });
      isbndb = stack.worker("isbndb");
      books = await knownBooks(stack);
    });
    after(() => stack?.stop());

    test("a book is found under every spelling of its ISBN", async () => {
      const { isbn13, isbn10, title } = books.find((book) => book.isbn10);
      const first = await ask(isbndb, `/book/${isbn13}`);
      assert.equal(first.status, 200);
      assert.equal(first.body.book.isbn13, isbn13);
      assert.equal(first.body.book.title.slice(0, 5).toLowerCase(), title.slice(0, 5).toLowerCase());
      assert.equal(first.body.cached, false);
      const again = await ask(isbndb, `/book/${isbn10}`);
      assert.deepEqual(again.body, { ...first.body, cached: true });
    });

    test("an author's books come in pages from one call, under every spelling", async () => {
      const name = books[0].authors[0];
      const since = (await stack.emulators.log()).seq;
      const all = await ask(isbndb, `/author/${encodeURIComponent(name)}?pageSize=50`);
      assert.equal(all.status, 200);
      assert.ok(all.body.total >= all.body.books.length && all.body.books.length > 1);
      assert.ok(all.body.books.every((book) => !JSON.stringify(book).match(/~autofilled~|<br|<p>/)));
      const words = name.split(" ");
      const inverted = `${words.at(-1)}, ${words.slice(0, -1).join(" ")}`;
      const second = await ask(isbndb, `/author/${encodeURIComponent(inverted)}?pageSize=1&page=2`);
      assert.deepEqual(second.body.books, all.body.books.slice(1, 2));
      assert.equal(second.body.cached, true);
      const single = all.body.books.find((book) => book.isbn13);
      assert.deepEqual((await ask(isbndb, `/book/${single.isbn13}`)).body, { book: single, cached: true });
      assert.equal((await received(stack, since)).length, 1);
    });

    test("a title search and a search by fields find the book", async () => {
      const { title, authors } = books[0];
      for (const target of [
        `/books/${encodeURIComponent(title)}`,
        `/search/books?author=${encodeURIComponent(authors[0])}&text=${encodeURIComponent(title)}`,
      ]) {
        const { status, body } = await ask(isbndb, target);
        assert.equal(status, 200, target);
        assert.ok(
          body.books.some((book) => book.title.toLowerCase().startsWith(title.slice(0, 5).toLowerCase())),
          target,
        );
      }
    });

    test("an unknown book is a 404, which is cached", async () => {
      const since = (await stack.emulators.log()).seq;
      for (let n = 0; n < 3; n++) {
        const { status, headers, body } = await ask(isbndb, `/book/${isbn(1)}`);
        assert.equal(status, 404);
        assert.equal(headers.get("content-type"), "application/problem+json");
        assert.equal(body.errorCode, "NOT_FOUND");
        assert.equal(body.service, "isbndb-worker");
      }
      assert.equal((await received(stack, since)).length, 1);
    });

    test("an author's page that has a book replaces its cached absence", async () => {
      const other = (book) => book.isbn10 && book.authors[0] !== books[0].authors[0];
      const { isbn13, authors } = books.find(other);
      await stack.emulators.faults({ provider: "isbndb", times: 1, fault: "status", status: 404 });
      const unknown = await ask(isbndb, `/book/${isbn13}`);
      await stack.emulators.clear();
      assert.equal(unknown.status, 404);
      assert.equal((await ask(isbndb, `/book/${isbn13}`)).status, 404, "the absence is cached");
      const page = await ask(isbndb, `/author/${encodeURIComponent(authors[0])}?pageSize=50`);
      assert.ok(page.body.books.some((book) => book.isbn13 === isbn13));
      const { status, body } = await ask(isbndb, `/book/${isbn13}`);
      assert.deepEqual([status, body.cached], [200, true]);
    });

    test("bulk lists found, missing and invalid ISBNs", async () => {
      const known = books.slice(0, 5).map((book) => book.isbn13);
      const unknown = [isbn(10), isbn(11)];
      const { status, body } = await ask(isbndb, "/books", post([...known, ...unknown, "12345", known[0]]));
      assert.equal(status, 200);
      assert.deepEqual(body.found.map((book) => book.isbn13).sort(), [...known].sort());
      assert.deepEqual(body.missing.sort(), unknown);
      assert.deepEqual([body.failed, body.invalid], [[], ["12345"]]);
    });

    test("names in any script are sent and returned", async () => {
      // Characters without meaning are not sent, and every form of the apostrophe is sent as one.
      for (const [name, sent] of [
        ["村上春樹", "村上春樹"],
        ["Łukasz Żółć", "Łukasz Żółć"],
        ["O’Brien & Söhne", "O'Brien & Söhne"],
        ["100% #1?", "100 1"],
        ["Ann/Bob\\Carl", "Ann Bob Carl"],
      ]) {
        const { status } = await ask(isbndb, `/author/${encodeURIComponent(name)}`);
        assert.ok(status === 200 || status === 404, `${name}: ${status}`);
        const last = (await received(stack)).at(-1);
        assert.equal(decodeURIComponent(last.path.replace(/^.*\/author\//, "")), sent);
      }
    });
  });
}

describe("requests that cannot be served", () => {
  let stack, isbndb;
  before(async () => {
    stack = await startIsbndb({ emulators: {} });
    isbndb = stack.worker("isbndb");
  });
  after(() => stack?.stop());

  test("a bad parameter is named and nothing is sent", async () => {
    for (const [target, name] of [
      ["/book/9780441172718", "isbn"],
      ["/author/x?page=0", "page"],
      ["/author/x?pageSize=51", "pageSize"],
      ["/author/x?language=klingon", "language"],
      [`/author/${"x".repeat(151)}`, "name"],
      ["/books/%20", "title"],
      ["/search/books", "author, text, publisher"],
    ]) {
      const { status, body } = await ask(isbndb, target);
      assert.equal(status, 400, target);
      assert.equal(body.errorCode, "BAD_REQUEST");
      assert.ok(body.detail.startsWith(`${name}: `), body.detail);
    }
    for (const init of [{ method: "POST", body: "{}" }, { method: "POST", body: "[" }, post([])]) {
      assert.equal((await ask(isbndb, "/books", init)).status, 400);
    }
    assert.equal((await ask(isbndb, "/books", post(Array(1_001).fill(isbn(1))))).status, 413);
    assert.equal((await ask(isbndb, "/books", { method: "POST", body: "x".repeat(70_000) })).status, 413);
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const traced = { headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } };
    const overlong = await ask(isbndb, `/author/${"x".repeat(20_000)}`, traced);
    assert.deepEqual([overlong.status, overlong.headers.get("x-trace-id")], [413, trace]);
    assert.equal((await received(stack)).length, 0);
  });

  test("an unknown path is a 404, another method a 405", async () => {
    const wrong = await ask(isbndb, "/books");
    assert.deepEqual([wrong.status, wrong.headers.get("allow")], [405, "POST, OPTIONS"]);
    const deleted = await ask(isbndb, "/quota", { method: "DELETE" });
    assert.deepEqual([deleted.status, deleted.headers.get("allow")], [405, "GET, HEAD, OPTIONS"]);
    assert.equal((await ask(isbndb, "/nowhere")).status, 404);
    const head = await isbndb.fetch("/quota", { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
  });

  test("body and headers state the units left", async () => {
    const { body, headers } = await ask(isbndb, "/quota");
    assert.equal(body.plan, "basic");
    assert.equal(body.left, body.dailyLimit - body.spent);
    assert.equal(body.leftBackground, body.left - body.dailyLimit / 10);
    assert.match(headers.get("ratelimit"), new RegExp(`"day";r=${body.left};t=\\d+`));
    assert.match(headers.get("ratelimit-policy"), /"pace";q=58;w=60, "day";q=1000;w=86400/);
    const midnight = new Date(body.resetsAtMs).toISOString();
    assert.ok(midnight.endsWith("T00:00:00.000Z"), midnight);
  });

  test("the answer has the caller's trace and request id", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const { headers } = await ask(isbndb, "/quota", { headers: { traceparent } });
    assert.equal(headers.get("x-trace-id"), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert.ok(headers.get("x-response-time"));
  });
});

describe("quota", () => {
  // ISBNdb knows none of these ISBNs, so each call comes back empty and is checked by one known
  // ISBN.
  test("500 unknown ISBNs are five checked calls on Basic, one on Premium", async () => {
    for (const [plan, calls, units] of /** @type {const} */ ([
      ["basic", 10, 505],
      ["premium", 2, 501],
    ])) {
      const stack = await startIsbndb({
        vars: { isbndb: { ISBNDB_PLAN: plan } },
        emulators: { args: ["--isbndb-plan", plan] },
      });
      try {
        const isbndb = stack.worker("isbndb");
        const isbns = Array.from({ length: 500 }, (_, n) => isbn(n));
        const { body } = await ask(isbndb, "/books", post(isbns));
        assert.deepEqual([body.upstreamCalls, body.units], [calls, units]);
        assert.equal(body.missing.length, 500);
        const requests = await received(stack);
        assert.deepEqual([requests.length, unitsOf(requests)], [calls, units], plan);
        assert.equal((await ask(isbndb, "/quota")).body.spent, units);
        const counted = (await stack.emulators.counts()).isbndb;
        assert.deepEqual([counted.refusedPace, counted.units], [0, units]);
      } finally {
        await stack.stop();
      }
    }
  });

  test(
    "the provider's own count is taken over, in both generations",
    { skip: countIsNotBelieved() },
    async () => {
      for (const generation of ["1", "2"]) {
        const stack = await startIsbndb({
          emulators: { args: ["--isbndb-generation", generation] },
        });
        try {
          const isbndb = stack.worker("isbndb");
          // Another program spends 900 units with the same key.
          await stack.emulators.settings({ quota: [{ provider: "isbndb", key: "isbndb-key", spent: 900 }] });
          await ask(isbndb, `/book/${isbn(1)}`);
          const { body } = await ask(isbndb, "/quota");
          assert.ok(body.left <= 99 && body.left >= 97, `${body.left} left in generation ${generation}`);
          assert.equal(body.leftBackground, 0);
          const {
            status,
            body: refusal,
            headers,
          } = await ask(isbndb, `/book/${isbn(2)}`, {
            headers: { "x-call-class": "background" },
          });
          assert.deepEqual([status, refusal.errorCode], [429, "QUOTA_EXHAUSTED"]);
          assert.ok(Number(headers.get("retry-after")) > 0);
          assert.equal((await ask(isbndb, `/book/${isbn(2)}`)).status, 404, "interactive calls go on");
        } finally {
          await stack.stop();
        }
      }
    },
  );

  test("without a key, on a wrong host or with a bad variable, /health says so and nothing is sent", async () => {
    for (const [options, status, code, says, sent] of /** @type {const} */ ([
      [{ secrets: { isbndb: { ISBNDB_API_KEY: null } } }, 503, "NOT_CONFIGURED", "ISBNDB_API_KEY", 0],
      // An invisible character that was copied with the key.
      [
        { secrets: { isbndb: { ISBNDB_API_KEY: "isbndb\u200b-key" } } },
        503,
        "NOT_CONFIGURED",
        "ISBNDB_API_KEY",
        0,
      ],
      [
        { secrets: { isbndb: { ISBNDB_API_KEY: "a-wrong-key-4711" } } },
        502,
        "UPSTREAM_REFUSED",
        "refuses the key",
        1,
      ],
      [{ vars: { isbndb: { ISBNDB_PLAN: "gold" } } }, 500, "INTERNAL", "ISBNDB_PLAN", 0],
    ])) {
      const stack = await startIsbndb(options);
      try {
        const isbndb = stack.worker("isbndb");
        for (let n = 0; n < 3; n++) {
          const answer = await ask(isbndb, `/book/${isbn(n)}`);
          assert.deepEqual([answer.status, answer.body.errorCode], [status, code]);
        }
        const health = await ask(isbndb, "/health");
        assert.ok(JSON.stringify(health.body).includes(says), JSON.stringify(health.body));
        assert.notEqual(health.body.status, "healthy");
        assert.equal((await received(stack)).length, sent);
        for (const { text } of stack.logs()) assert.ok(!/isbndb-key|a-wrong-key-4711/.test(text));
        const reasons = stack
          .logs()
          .map(({ json }) => json)
          .filter((line) => line?.event === "internal");
        // One line an answer, and one of the object, which `/health` calls in any case.
        const routes = status === 500 ? [...Array(3).fill("/book/{isbn}"), "-"] : [];
        assert.deepEqual(
          reasons.map((line) => line.route),
          routes,
        );
        for (const line of reasons) {
          assert.deepEqual([line.level, line.outcome], ["error", "internal"]);
          assert.match(line.message, /^isbndb-worker: ISBNDB_PLAN: /);
        }
        assert.ok(!reasons.length || reasons.at(-1).trace_id === health.headers.get("x-trace-id"));
      } finally {
        await stack.stop();
      }
    }
  });

  test("a key from the Secrets Store works too", async () => {
    const stack = await startIsbndb({ secrets: { isbndb: { ISBNDB_API_KEY: { store: "isbndb-key" } } } });
    try {
      const isbndb = stack.worker("isbndb");
      assert.equal((await ask(isbndb, `/book/${isbn(1)}`)).status, 404);
      const { body } = await ask(isbndb, "/health");
      assert.deepEqual([body.status, body.secrets], ["healthy", { ISBNDB_API_KEY: true }]);
    } finally {
      await stack.stop();
    }
  });
});
