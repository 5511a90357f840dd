// Real exports, and an account without an ISBNdb key, over the three real Workers.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { ROOT, startStack } from "../harness/index.mjs";
import { scratchDir } from "../harness/processes.mjs";
import { accounted, Warmer } from "./harness.mjs";

const EXPORTS = path.join(ROOT, "../shared/data/csv");
/** @type {[string, number, string][]} */
const FILES = [
  ["goodreads_jelu_2022.csv", 10, "goodreads"],
  ["bookbuddy_79col.csv", 120, "book-buddy"],
];

const LIBRARY = `Title,Author,ISBN
The Hobbit,J.R.R. Tolkien,9780547928227
Don Quixote,Miguel de Cervantes Saavedra,9780060934341
Meditations,Marcus Aurelius,
`;

async function startWith(file, options = {}) {
  const stack = await startStack({
    vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
    emulators: { libraries: [file], args: ["--isbndb-plan", "enterprise"] },
    ...options,
  });
  return new Warmer(stack);
}

for (const [name, rows, format] of FILES) {
  const file = path.join(EXPORTS, name);
  const skip = existsSync(file) ? false : "the export is not present";
  test(`${name}: every row is accounted for`, { skip, timeout: 240_000 }, async () => {
    const world = await startWith(file);
    try {
      await world.put(`uploads/${name}`, readFileSync(file));
      await world.heartbeat();
      const job = await world.done(200_000);
      accounted(job, rows);
      assert.equal(job.format, format);
      const failures = await (await world.file(`results/${job.id}/failures.csv`)).text();
      console.log(name, JSON.stringify({ rows: job.rows, items: job.items, spent: job.spent }));
      const named = job.items.notFound + job.items.failed + job.rows.rejected;
      assert.equal(named > 0, failures.trim().split("\n").length > 1);
    } finally {
      await world.stop();
    }
  });
}

test(
  "without an ISBNdb key the library is warmed from the other providers",
  { timeout: 120_000 },
  async () => {
    const file = path.join(scratchDir("no-key"), "library.csv");
    writeFileSync(file, LIBRARY);
    const world = await startWith(file, { secrets: { isbndb: { ISBNDB_API_KEY: null } } });
    try {
      await world.put("uploads/library.csv", LIBRARY);
      await world.heartbeat();
      const job = await world.done(60_000);
      accounted(job, 3);
      assert.equal(job.items.failed, 0, JSON.stringify(job.failures));
      assert.equal((await world.status()).isbndb, "no key: left out");
      assert.equal((await world.stack.emulators.counts()).isbndb.requests, 0);
    } finally {
      await world.stop();
    }
  },
);
