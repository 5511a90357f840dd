// The warmer with stores as far and as strict as production's.

import assert from "node:assert/strict";
import { test } from "node:test";

import { tally } from "../harness/bindings.mjs";
import { eventually } from "../harness/support.mjs";
import { library } from "./fakes.mjs";
import { accounted, startWarmer } from "./harness.mjs";

const BOOKS = 20;

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
    // KV stays spent: progress is in the object.
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
  test(`the next heartbeat goes on after ${JSON.stringify(refused)}`, async () => {
    const world = await startWarmer({ stores: {} });
    const { stack } = world;
    try {
      await world.put("uploads/library.csv", library(BOOKS, BOOKS / 2));
      await stack.stores(refused);
      await world.heartbeat();
      const status = await world.json("/status");
      if (refused.spent?.includes("objectRequests")) assert.equal(typeof status.body.errorCode, "string");
      else assert.equal(status.status, 200);
      assert.equal((await world.worker.fetch("/")).status, 200, "the dashboard is there");
      const early = (status.body.jobs ?? []).filter((job) => job.state === "done");
      assert.deepEqual(early, [], "nothing is done meanwhile");
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
