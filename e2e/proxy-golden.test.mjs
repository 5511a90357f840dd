// The golden set over the emulators' catalogue, its decoys included.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { ROOT } from "./harness/config.mjs";
import { ask, startProxy, until } from "./proxy-support.mjs";

const DIR = path.join(ROOT, "books-api-proxy/tests/golden");
const QUERIES = JSON.parse(readFileSync(path.join(DIR, "queries.json"), "utf8"));
const LEAST_RECIPROCAL_RANK = 0.95;

const fold = (text) =>
  text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
// "Herbert, Frank", "J.R.R. Tolkien": the letters of a name in any order and spacing.
const letters = (name) => [...fold(name).replaceAll(" ", "")].sort().join("");

function isWanted({ volumeInfo: info }, { title, author }) {
  const wrote = (info.authors ?? []).some((name) =>
    author.split(",").concat(author).some((one) => letters(name) === letters(one)),
  );
  if (!title) return wrote;
  const bare = (text) => fold(text.replace(/\([^)]*#[^)]*\)/g, "").split(":")[0]);
  return wrote && bare(info.title).replace(/^(the|a|an) /, "") === bare(title).replace(/^(the|a|an) /, "");
}

describe("the golden set", () => {
  let stack;
  before(async () => {
    stack = await startProxy({
      emulators: { libraries: [path.join(DIR, "library.csv")], args: ["--google-daily", "100000"] },
      vars: {
        proxy: {
          RATE_LIMIT_MS: "0",
          GOOGLE_DAILY_QUOTA: "100000",
          GOOGLE_CALLS_PER_MINUTE: "100000",
          OPEN_LIBRARY_INTERVAL_MS: "0",
        },
      },
    });
    // The set measures what is found, not how long a paced provider takes.
    await stack.emulators.settings({ pace: false });
  });
  after(() => stack?.stop());

  test("ISBNs are always right; titles and authors are first nearly always", async (t) => {
    const { books } = await stack.emulators.catalogue();
    // One book in a hundred is in no provider's catalogue.
    const known = new Set(books.filter((b) => b.knownTo.length > 0).map((b) => b.isbn13));
    const ranks = {};
    const low = [];
    for (const { kind, path: route, params, expect } of QUERIES) {
      const url = `${route}?${new URLSearchParams(params)}`;
      // A title goes out with Google and Open Library; what ISBNdb adds comes a moment later.
      const answer = await until(3_000, url, async () => {
        const answer = await ask(stack, url);
        return (answer.status !== 200 || !answer.text.includes(`"pending"`)) && answer;
      });
      assert.equal(answer.status, 200, answer.text);
      const { items } = answer.json();
      if (kind === "isbn") {
        const numbers = items.map((item) => item.id);
        const wanted = known.has(expect.isbn) ? [`isbn-${expect.isbn}`] : [];
        (ranks.isbn ??= []).push(JSON.stringify(numbers) === JSON.stringify(wanted) ? 1 : 0);
        assert.ok(numbers.length === 0 || numbers[0] === wanted[0], `wrong book for ${JSON.stringify(params)}`);
        continue;
      }
      const at = items.findIndex((item) => isWanted(item, expect));
      (ranks[kind] ??= []).push(at < 0 ? 0 : 1 / (at + 1));
      if (at !== 0) low.push(`${JSON.stringify(params)}: ${at} of ${items.length}, first ${items[0]?.volumeInfo.title}, ${JSON.stringify(answer.json().providers.map((p) => p.outcome))}`);
    }
    const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
    for (const [kind, list] of Object.entries(ranks)) t.diagnostic(`${kind}: ${mean(list).toFixed(4)} over ${list.length}`);
    for (const line of low) t.diagnostic(line);
    for (const [kind, list] of Object.entries(ranks)) {
      const least = kind === "isbn" ? 1 : LEAST_RECIPROCAL_RANK;
      assert.ok(mean(list) >= least, `${kind}: ${mean(list)}\n${low.join("\n")}`);
    }
  });
});
