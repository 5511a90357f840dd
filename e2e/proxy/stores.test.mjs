// The proxy with stores as slow and as strict as in production.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { eventually } from "../harness/support.mjs";
import { tally } from "../harness/bindings.mjs";
import { ask, requests, startProxy, UNPACED } from "./support.mjs";

const OPTIONS = { stores: {}, vars: { proxy: UNPACED }, emulators: { args: ["--complete"] } };

/** The operations on one store in the events whose name contains `text`. */
const on = (store, events, text = "") =>
  events
    .filter((event) => event.name.includes(text))
    .flatMap((e) => e.operations.filter((o) => o.store === store));

const refused = (events) => events.flatMap((event) => event.operations).filter((o) => o.refused);

/** The most operations that ran at the same time. */
const mostAtOnce = (operations) =>
  Math.max(
    ...operations.map(
      ({ fromMs }) => operations.filter((o) => o.fromMs <= fromMs && fromMs < o.fromMs + o.ms).length,
    ),
  );

const print = (what, ms, events) =>
  console.log(`${what}: ${Math.round(ms)} ms`, JSON.stringify(tally(events)));

/** A stack with slow stores for the tests of a group, with helpers. */
function farStores() {
  /** @type {any} */
  let stack;
  let books;
  let used = 0;
  const fresh = () => books[used++];
  const search = (book, init) => ask(stack, `/search/isbn?isbn=${book.isbn13}`, init);
  /** @param {any[]} items */
  const batch = (items, more = {}, headers = {}) =>
    ask(stack, "/search/batch", { method: "POST", body: JSON.stringify({ items, ...more }), headers });
  const isbnItem = ({ isbn13 }, at) => ({ id: String(at), kind: "isbn", isbn: isbn13 });
  const titledItem = (book, at) => ({ ...isbnItem(book, at), title: book.title, author: book.authors[0] });
  const warmed = async () => {
    const book = fresh();
    assert.equal((await batch([isbnItem(book, 0)])).status, 200);
    await stack.operations();
    return book;
  };
  before(async () => {
    stack = await startProxy(OPTIONS);
    await stack.emulators.settings({ pace: false });
    const catalogue = await stack.emulators.catalogue();
    books = catalogue.books.filter((book) => book.kind === "listed");
    // The first search starts the isolates of the Workers.
    await search(fresh());
    await stack.operations();
  });
  after(() => stack?.stop());
  return { stack: () => stack, fresh, search, batch, isbnItem, titledItem, warmed };
}

describe("slow stores", () => {
  const { stack: theStack, fresh, search, batch, isbnItem, warmed } = farStores();
  /** @type {any} */
  let stack;
  let clients = 0;
  before(() => (stack = theStack()));

  test("a miss, its hits and a batch of 20 ISBNs: operations and times", async () => {
    const book = fresh();
    for (const expected of ["MISS", "HIT-R2-COLD", "HIT-R2-COLD", "HIT-KV-HOT"]) {
      const answer = await search(book);
      assert.equal(answer.cache, expected);
      const events = await stack.operations();
      print(expected, answer.ms, events);
      assert.deepEqual(refused(events), []);
    }
    for (const r2Ms of [80, 100]) {
      await stack.stores({ r2Ms });
      const items = Array.from({ length: 20 }, fresh).map(isbnItem);
      const answer = await batch(items);
      assert.equal(answer.json().results.filter((r) => r.outcome === "found").length, 20);
      const events = await stack.operations();
      print(`20 ISBNs, R2 at ${r2Ms} ms`, answer.ms, events);
      assert.deepEqual(refused(events), []);
      const { "r2.put": puts, "r2.head": heads } = tally(events);
      // One read and one write for each ISBN.
      assert.deepEqual([puts, heads], [20, 20]);
      assert.ok(
        mostAtOnce(on("r2", events).filter((o) => o.name === "put")) >= 4,
        "the writes of a batch do not wait for each other",
      );
    }
    await stack.stores({ r2Ms: 80 });
  });

  const objectsOf = (events, text = "") =>
    on("object", events, text)
      .map((o) => o.key.split(" ")[0])
      .sort();

  for (const leader of ["known", "anonymous"]) {
    for (const follower of ["known", "anonymous"]) {
      test(`${leader} starts and ${follower} joins a flight: two object requests in a row`, async () => {
        const book = fresh();
        const send = (who) => {
          clients += 1;
          const anonymous = { authorization: "", "cf-connecting-ip": `198.51.100.${clients}` };
          return search(book, who === "known" ? {} : { headers: anonymous });
        };
        const received = async () => Object.values(await requests(stack)).reduce((sum, n) => sum + n, 0);
        const before = await received();
        await stack.emulators.settings({ latencyMs: 1_500 });
        try {
          const leading = send(leader);
          await eventually("the fan-out", async () => (await received()) > before);
          const answers = await Promise.all([leading, send(follower)]);
          for (const answer of answers) assert.equal(answer.status, 200, answer.text);
          assert.equal(answers[0].text, answers[1].text);
        } finally {
          await stack.emulators.settings({ latencyMs: 0 });
        }
        const events = await stack.operations();
        // First from the Worker to the flight object, then from there in parallel to the limiters
        // and ISBNdb.
        const flights = objectsOf(events, "GET /search");
        assert.deepEqual([...new Set(flights)], ["FLIGHT"]);
        assert.ok(flights.length <= 2, "one for each caller");
        assert.deepEqual(objectsOf(events, "FlightObject"), ["PROVIDER_LIMITER", "PROVIDER_LIMITER"]);
        assert.deepEqual(objectsOf(events, "ProviderLimiter"), []);
        assert.deepEqual(objectsOf(events), [
          ...flights,
          "ISBNDB_OBJECT",
          "PROVIDER_LIMITER",
          "PROVIDER_LIMITER",
        ]);
      });
    }
  }

  test("a hit causes no object request, and /health five", async () => {
    const book = await warmed();
    assert.match((await search(book)).cache, /^HIT/);
    assert.deepEqual(objectsOf(await stack.operations()), []);
    assert.equal((await ask(stack, "/health")).status, 200);
    const read = ["BATCH", "FLIGHT", "ISBNDB_OBJECT", "PROVIDER_LIMITER", "PROVIDER_LIMITER"];
    assert.deepEqual(objectsOf(await stack.operations()), read);
  });

  test("a batch writes each key once", async () => {
    const book = fresh();
    const item = { ...isbnItem(book, 1), title: book.title, author: book.authors[0] };
    const { results } = (await batch([item, isbnItem(book, 2)])).json();
    const events = await stack.operations();
    assert.deepEqual(refused(events), []);
    const written = on("r2", events).filter((o) => o.name === "put");
    assert.deepEqual(written.map((o) => o.key).sort(), [...new Set(written.map((o) => o.key))].sort());
    assert.deepEqual(
      results.map((result) => result.outcome),
      ["found", "found"],
    );
    assert.deepEqual(results[0].books, [{ id: "1", isbn: true, title: true }]);
  });

  test("the answer of a late provider is stored", async () => {
    const book = fresh();
    await stack.emulators.faults({ provider: "openlibrary", fault: "none", latencyMs: 700 });
    try {
      const first = await search(book);
      assert.equal(first.cache, "MISS");
      const improved = await eventually(
        "improved",
        async () => {
          const answer = await search(book);
          const { outcome } = answer.json().providers.find((p) => p.name === "open-library") ?? {};
          return outcome === "found" && answer;
        },
        8_000,
      );
      assert.notEqual(improved.text, first.text);
      await sleep(500);
      const events = await stack.operations();
      assert.equal(on("r2", events).findLast((o) => o.name === "put").refused, undefined);
      assert.equal(on("kv", events).filter((o) => o.name === "delete").length, 0, "no KV copy was made");
    } finally {
      await stack.emulators.clear();
    }
  });

  test("a hundred hits of a warmed book cause one KV write", async () => {
    const book = await warmed();
    const answers = await Promise.all(Array.from({ length: 100 }, () => search(book)));
    for (const answer of answers) assert.equal(answer.status, 200);
    const events = await stack.operations();
    print("100 hits", Math.max(...answers.map((a) => a.ms)), events);
    assert.ok((tally(events)["kv.put"] ?? 0) <= 1);
  });

  test("a hit is served while KV refuses writes", async () => {
    const book = await warmed();
    await stack.stores({ spent: ["kvWrites", "kvDeletes"] });
    try {
      for (let n = 0; n < 3; n += 1) {
        const answer = await search(book);
        assert.equal(answer.status, 200);
        assert.match(answer.cache, /^HIT/);
      }
      const missed = await search(fresh());
      assert.equal(missed.status, 200);
    } finally {
      await stack.stores({ spent: [] });
    }
  });

  test("a hit is served while KV refuses reads", async () => {
    const book = await warmed();
    await stack.stores({ spent: ["kvReads"] });
    try {
      const answer = await search(book);
      assert.equal(answer.cache, "HIT-R2-COLD");
    } finally {
      await stack.stores({ spent: [] });
    }
  });

  test("a refused write leaves the stored entry", async () => {
    const book = await warmed();
    await stack.stores({ writeIntervalMs: 60_000 });
    try {
      await search(book);
      await stack.operations();
      const refresh = await batch([isbnItem(book, 0)], { cache: "refresh" });
      assert.equal(refresh.json().results[0].outcome, "failed", "R2 refuses the second write in a minute");
      assert.equal((await search(book)).status, 200);
    } finally {
      await stack.stores({ writeIntervalMs: 1_000 });
    }
  });
});

describe("a spent allowance of the platform", () => {
  const { stack: theStack, fresh, search, batch, isbnItem, warmed } = farStores();
  /** @type {any} */
  let stack;
  let clients = 0;
  before(() => (stack = theStack()));

  /** Makes the entry of a book stale. */
  const age = async ({ isbn13 }) => {
    const bucket = await stack.r2("proxy", "API_CACHE_COLD");
    const { objects } = await bucket.list({ prefix: "api-cache/" });
    const { key } = objects.find((object) => object.key.endsWith(`/isbn/${isbn13}`));
    const object = await bucket.get(key);
    const envelope = { ...JSON.parse(object.customMetadata.envelope), fresh: Date.now() - 1_000 };
    const customMetadata = { ...object.customMetadata, envelope: JSON.stringify(envelope) };
    await bucket.put(key, await object.arrayBuffer(), { httpMetadata: object.httpMetadata, customMetadata });
  };

  // A hit is served; a miss is served or has a typed error.
  for (const [allowance, { miss, health, sent }] of Object.entries({
    objectRequests: { miss: "ALL_PROVIDERS_FAILED", health: "degraded", sent: "UPSTREAM_UNREACHABLE" },
    rowsWritten: { miss: "ALL_PROVIDERS_FAILED", health: "degraded", sent: ["found", "failed"] },
    kvWrites: { sent: ["found", "found"] },
    r2Writes: { sent: ["found", "failed"] },
  })) {
    test(`${allowance} spent: hits are served, failures are typed`, async () => {
      const [book, old] = [await warmed(), await warmed()];
      await age(old);
      await stack.stores({ spent: [allowance] });
      try {
        const hit = await search(book);
        assert.equal(hit.status, 200);
        assert.match(hit.cache, /^HIT/);
        const stale = await search(old);
        assert.equal(stale.status, 200);
        assert.equal(stale.cache, "STALE");
        for (const headers of [{}, { authorization: "", "cf-connecting-ip": `192.0.2.${++clients}` }]) {
          const missed = await search(fresh(), { headers });
          assert.equal(missed.json().errorCode, miss, missed.text);
          assert.equal(missed.status, miss ? 503 : 200);
        }
        if (health) assert.equal((await ask(stack, "/health")).json().status, health);
        const answer = (await batch([isbnItem(book, 0), isbnItem(fresh(), 1)])).json();
        assert.deepEqual(answer.results?.map((result) => result.outcome) ?? answer.errorCode, sent);
      } finally {
        await stack.stores({ spent: [] });
      }
      const missed = await search(fresh());
      assert.equal(missed.status, 200, "the next day misses are served again");
    });
  }
});

describe("a batch over slow stores", () => {
  const { stack: theStack, fresh, batch, isbnItem, titledItem } = farStores();
  /** @type {any} */
  let stack;
  before(() => (stack = theStack()));

  test("20 ISBNs with titles take one read per item and one write per key", async () => {
    await stack.stores({ r2Ms: 100 });
    try {
      const items = Array.from({ length: 20 }, fresh).map(titledItem);
      const answer = await batch(items);
      const { results } = answer.json();
      assert.deepEqual(
        results.filter(({ outcome, books: [seen] }) => outcome !== "found" || !seen.isbn || !seen.title),
        [],
      );
      const events = await stack.operations();
      assert.deepEqual(refused(events), []);
      const operations = on("r2", events);
      const written = operations.filter((o) => o.name === "put").map((o) => o.key);
      assert.equal(new Set(written).size, written.length, "each key is written once");
      assert.equal(operations.length, 20 + written.length);
      assert.ok(mostAtOnce(operations) >= 5);
      const rounds = Math.ceil(operations.length / 6);
      print(`20 ISBNs with titles, R2 at 100 ms, ${rounds} rounds`, answer.ms, events);
    } finally {
      await stack.stores({ r2Ms: 80 });
    }
  });

  test("a batch runs in the object of its caller", async () => {
    await batch([isbnItem(fresh(), 0)]);
    const events = await stack.operations();
    const hops = on("object", events).map((o) => o.key);
    assert.equal(hops.filter((key) => key === "BATCH admin").length, 1, hops.join());
    assert.equal(on("r2", events, "BatchObject").length, 2, "a read and a write");
  });

  test("a third batch of a caller at the same time is refused", async () => {
    // Slow enough that all three have arrived before the first ends.
    await stack.stores({ r2Ms: 3_000 });
    try {
      const answers = await Promise.all([0, 1, 2].map((at) => batch([isbnItem(fresh(), at)])));
      const statuses = answers.map((answer) => answer.status).sort();
      assert.deepEqual(statuses, [200, 200, 429]);
      const refusal = answers.find((answer) => answer.status === 429);
      assert.ok(Number(refusal?.headers.get("retry-after")) >= 1);
      await stack.stores({ r2Ms: 80 });
      for (let n = 0; n < 3; n += 1) {
        assert.equal((await batch([isbnItem(fresh(), 0)])).status, 200, "every place is free again");
      }
    } finally {
      await stack.stores({ r2Ms: 80 });
      await stack.operations();
    }
  });

  test("a batch ends by the caller's deadline", async () => {
    await stack.stores({ r2Ms: 600 });
    try {
      // The first four take one write each, the others six: too many for the deadline.
      const items = Array.from({ length: 20 }, fresh).map((book, at) =>
        (at < 4 ? isbnItem : titledItem)(book, at),
      );
      const answer = await batch(items, {}, { "x-deadline-ms": "12000" });
      assert.equal(answer.status, 200, answer.text);
      const outcomes = answer.json().results.map((result) => result.outcome);
      assert.deepEqual(outcomes.slice(0, 4), ["found", "found", "found", "found"]);
      assert.ok(outcomes.includes("deferred"), outcomes.join());
    } finally {
      await stack.stores({ r2Ms: 80 });
      await stack.operations();
    }
  });
});
