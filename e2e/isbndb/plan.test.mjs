// The configured plan and the key disagree: what ISBNdb says counts, and /health names it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ask, isbn, post, received, startIsbndb } from "./support.mjs";

const BACKGROUND = { headers: { "x-call-class": "background" } };
const KEY = { provider: "isbndb", key: "isbndb-key" };

describe("a key of another plan than configured", () => {
  test("warming goes on with what the key has left", async () => {
    for (const generation of ["1", "2"]) {
      const stack = await startIsbndb({
        vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
        emulators: {
          args: ["--isbndb-generation", generation, "--isbndb-daily", "1000", "--isbndb-per-second", "10"],
        },
      });
      try {
        const isbndb = stack.worker("isbndb");
        await stack.emulators.settings({ quota: [{ ...KEY, spent: 99 }] });
        await ask(isbndb, "/quota");
        assert.equal((await ask(isbndb, `/book/${isbn(1)}`, BACKGROUND)).status, 404);
        const { body: quota } = await ask(isbndb, "/quota");
        assert.equal(quota.dailyLimit, 1_000, generation);
        assert.ok(quota.left > 890 && quota.left <= 900, `${quota.left} left`);
        assert.equal(quota.leftBackground, quota.left - 100);
        assert.match(quota.mismatch, /ISBNDB_PLAN is enterprise .* set ISBNDB_PLAN=basic/);
        const { status, body: health } = await ask(isbndb, "/health");
        assert.deepEqual([status, health.status], [200, "degraded"]);
        assert.equal(health.providers.isbndb.error, quota.mismatch);
      } finally {
        await stack.stop();
      }
    }
  });

  test("the bulk size and the pace are learned and outlive a restart", async () => {
    const args = ["--isbndb-plan", "basic", "--isbndb-bulk", "12"];
    const stack = await startIsbndb({
      vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
      emulators: { args },
    });
    try {
      const many = (from) => post(Array.from({ length: 30 }, (_, n) => isbn(from + n)));
      const { body: first } = await ask(stack.worker("isbndb"), "/books", many(0));
      assert.deepEqual([first.missing.length, first.failed.length], [30, 0]);
      const { body: before } = await ask(stack.worker("isbndb"), "/quota");
      assert.ok(before.bulkSize >= 10 && before.bulkSize <= 12, `${before.bulkSize}`);
      assert.ok(before.paceMs >= 1_000, `${before.paceMs} ms`);
      await stack.restart();
      const { body: after } = await ask(stack.worker("isbndb"), "/quota");
      assert.deepEqual([after.bulkSize, after.paceMs], [before.bulkSize, before.paceMs]);
      const sent = (await received(stack)).length;
      const { body: second } = await ask(stack.worker("isbndb"), "/books", many(100));
      // Three calls, each empty and so checked by one known ISBN.
      assert.deepEqual([second.missing.length, second.upstreamCalls], [30, 6]);
      assert.equal((await received(stack)).length, sent + 6);
    } finally {
      await stack.stop();
    }
  });
});
