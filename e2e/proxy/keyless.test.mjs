// Without keys, Open Library alone answers, with ISBNs by which an app can add a book.

import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";

import { ROOT } from "../harness/index.mjs";
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
