// Without keys, Open Library alone answers, with ISBNs by which an app can add a book.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { ROOT } from "../harness/index.mjs";
import { isbn13 } from "../harness/support.mjs";
import { ask, startProxy, UNPACED } from "./support.mjs";

const SAMPLE = path.join(ROOT, "xtask/sample/library.csv");
const SEARCHES = 60;
const AGENT = { "user-agent": "keyless-test (https://example.org/contact)" };

test("each item of common searches has an ISBN if Open Library has one", async () => {
  const stack = await startProxy({
    vars: { proxy: UNPACED },
    secrets: {
      isbndb: { ISBNDB_API_KEY: null },
      proxy: { GOOGLE_BOOKS_API_KEY: null, GOOGLE_BOOKS_IOSKEY: null },
    },
    emulators: { libraries: [SAMPLE] },
  });
  try {
    await stack.emulators.settings({ pace: false });
    const { books } = await stack.emulators.catalogue();
    const listed = books.filter(({ kind }) => kind === "listed");
    // The most common searches: a title, and a title with its author.
    const searches = [
      ...new Set(listed.flatMap(({ title, authors }) => [title, `${title} ${authors[0]}`])),
    ].slice(0, SEARCHES);
    assert.equal(searches.length, SEARCHES);

    const held = new Map();
    const numbersOf = async (work) => {
      if (!held.has(work)) {
        const url = `${stack.emulators.addresses.openLibrary}/works/${work}/editions.json?limit=1000`;
        /** @type {any} */
        const { entries } = await (await fetch(url, { headers: AGENT })).json();
        held.set(
          work,
          new Set(entries.flatMap((entry) => [...(entry.isbn_13 ?? []), ...(entry.isbn_10 ?? [])])),
        );
      }
      return held.get(work);
    };
    let [checked, empty] = [0, 0];
    const check = async (search) => {
      const answer = await ask(stack, `/search/auto?q=${encodeURIComponent(search)}`);
      assert.equal(answer.status, 200, search);
      const { items, partial } = answer.json();
      assert.equal(partial, false, search);
      if (items.length === 0) empty += 1;
      for (const { id, workId, volumeInfo } of items) {
        const work = /OL\d+W/.exec(`${workId ?? ""} ${id}`)?.[0];
        if (!work || (await numbersOf(work)).size === 0) continue;
        const numbers = (volumeInfo.industryIdentifiers ?? []).map(({ type }) => type);
        assert.ok(numbers.includes("ISBN_13"), `${search}: ${id} ${volumeInfo.title}`);
        checked += 1;
      }
    };
    for (let at = 0; at < searches.length; at += 6) {
      await Promise.all(searches.slice(at, at + 6).map(check));
    }
    assert.ok(checked >= SEARCHES, `${checked} items`);
    assert.ok(empty <= 6, `${empty} searches without an item`);
  } finally {
    await stack.stop();
  }
});

// The Secrets Store as the Worker sees it; `/__store` ends its outage in this isolate.
const STORE = `
import Worker, * as all from "./index.js";
export * from "./index.js";
let isDown = true;
class Fetcher {
  async get() {
    if (isDown) throw new Error("the store does not answer");
    return "google-key-1";
  }
}
const withStore = (env) => ({ ...env, GOOGLE_BOOKS_API_KEY: new Fetcher() });
export class FlightObject extends all.FlightObject {
  constructor(state, env) { super(state, withStore(env)); }
}
export default class extends Worker {
  constructor(ctx, env) { super(ctx, withStore(env)); }
  async fetch(request) {
    if (new URL(request.url).pathname !== "/__store") return super.fetch(request);
    isDown = false;
    return new Response();
  }
}`;

test("a failing Secrets Store is no absence at Google Books", async () => {
  const stack = await startProxy({
    vars: { proxy: UNPACED },
    // An unreadable key that was never in use hides no other's outage.
    secrets: {
      proxy: { GOOGLE_BOOKS_API_KEY: null, GOOGLE_BOOKS_IOSKEY: null, ISBN_SEARCH_KEY: "“google-key-2”" },
    },
    wrap: { proxy: STORE },
    emulators: { libraries: [SAMPLE] },
  });
  try {
    const google = async () => (await stack.emulators.counts()).google?.requests ?? 0;
    const absent = (n) => ask(stack, `/search/auto?q=${isbn13(190_000_000 + n)}`);
    // Never read: as if no key were configured.
    assert.equal((await absent(1)).status, 200);
    await stack.restart();
    await stack.worker("proxy").fetch("/__store");
    assert.equal((await absent(2)).status, 200);
    const sent = await google();
    assert.ok(sent > 0, "the key is used");
    // New isolates, which have not read the key.
    await stack.restart();
    assert.equal((await ask(stack, "/search/title?q=nosuchbook")).json().partial, true);
    const { status, headers } = await absent(3);
    assert.deepEqual([status, Number(headers.get("retry-after")) > 0], [503, true]);
    assert.equal(await google(), sent);
  } finally {
    await stack.stop();
  }
});
