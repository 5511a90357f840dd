// The warmer with stores that have production's latency and limits.

import assert from "node:assert/strict";
import { test } from "node:test";

import { tally } from "../harness/bindings.mjs";
import { startStack } from "../harness/index.mjs";
import { SOAK, eventually } from "../harness/support.mjs";
import { UNPACED } from "../proxy/support.mjs";
import { library } from "./fakes.mjs";
import { accounted, startWarmer, Warmer } from "./harness.mjs";

const BOOKS = 20;
const FAR_ROWS = SOAK ? 60 : 15;

test("a spent day of platform allowances loses nothing", async () => {
  const world = await startWarmer({ stores: {} });
  const { stack } = world;
  try {
    await world.put("uploads/library.csv", library(BOOKS, BOOKS / 2));
    await stack.stores({ spent: ["kvWrites", "rowsWritten"] });
    await world.heartbeat();
    const status = await world.json("/status");
    assert.equal(status.status, 200);
    assert.deepEqual(status.body.jobs, []);
    // KV stays spent: the object has the progress.
    await stack.stores({ spent: ["kvWrites"] });
    await eventually("the next heartbeat finds the library", async () => {
      await world.heartbeat();
      return (await world.status()).jobs?.length === 1;
    });
    const job = await world.done();
    accounted(job, BOOKS);
    assert.equal(job.items.done, job.items.total);
    console.log("warming 20 books", JSON.stringify(tally(await stack.operations())));
  } finally {
    await world.stop();
  }
});

for (const refused of [{ spent: ["objectRequests"] }, { spent: ["r2Writes"] }, { alarmsLost: true }]) {
  test(`the next heartbeat resumes after ${JSON.stringify(refused)}`, async () => {
    const world = await startWarmer({ stores: {} });
    const { stack } = world;
    try {
      await world.put("uploads/library.csv", library(BOOKS, BOOKS / 2));
      await stack.stores(refused);
      await world.heartbeat();
      const status = await world.json("/status");
      if (refused.spent?.includes("objectRequests")) assert.equal(typeof status.body.errorCode, "string");
      else assert.equal(status.status, 200);
      assert.equal((await world.worker.fetch("/")).status, 200, "the dashboard is served");
      const early = (status.body.jobs ?? []).filter((job) => job.state === "done");
      assert.deepEqual(early, [], "no work meanwhile");
      await stack.stores({ spent: [], alarmsLost: false });
      const job = await eventually(
        "the library is done",
        async () => {
          await world.heartbeat();
          return (await world.status()).jobs?.find((one) => one.state === "done");
        },
        60_000,
      );
      accounted(job, BOOKS);
      assert.equal(job.items.done, job.items.total);
      await world.file(`results/${job.id}.json`);
    } finally {
      await world.stop();
    }
  });
}

test(`${FAR_ROWS} rows warm at 200 ms without a timeout or a wait`, async () => {
  const stack = await startStack({
    stores: { kvMs: 200, r2Ms: 200, objectMs: 200 },
    vars: { isbndb: { ISBNDB_PLAN: "enterprise" }, proxy: UNPACED },
    emulators: { args: ["--isbndb-plan", "enterprise", "--complete"] },
  });
  const world = new Warmer(stack);
  try {
    await stack.emulators.settings({ pace: false });
    const { books } = await stack.emulators.catalogue();
    const known = books.filter((book) => book.isbn13 && book.authors.length && !/[",]/.test(book.title));
    const rows = known.slice(0, FAR_ROWS).map((book) => `${book.title},"${book.authors[0]}",${book.isbn13}`);
    assert.equal(rows.length, FAR_ROWS);
    await world.put("uploads/library.csv", ["Title,Author,ISBN13", ...rows].join("\n"));
    const began = Date.now();
    await world.heartbeat();
    const waits = new Set();
    const job = await world.until((one) => {
      if (one.waiting) waits.add(JSON.stringify(one.waiting));
      return one.state === "done";
    }, 240_000);
    const seconds = Math.round((Date.now() - began) / 1_000);
    console.log(`${FAR_ROWS} rows at 200 ms: ${seconds} s`, JSON.stringify(job.items));
    accounted(job, FAR_ROWS);
    assert.equal(job.items.done, job.items.total);
    assert.deepEqual([...waits], []);
    const timeouts = stack
      .logs()
      .filter(({ json }) => json?.outcome === "timeout" || json?.detail === "timeout");
    assert.deepEqual(timeouts, []);
  } finally {
    await world.stop();
  }
});
