// The configured plan and the key disagree: ISBNdb's report counts, and `/health` names the
// difference.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { startStack } from "../harness/index.mjs";
import { ask, countIsNotBelieved, isbn, post, received, startIsbndb } from "./support.mjs";

const BACKGROUND = { headers: { "x-call-class": "background" } };
const KEY = { provider: "isbndb", key: "isbndb-key" };

describe("a key of another plan than configured", () => {
  test("warming goes on with what the key has left", { skip: countIsNotBelieved() }, async () => {
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
      // Three calls, each empty and therefore checked by one known ISBN.
      assert.deepEqual([second.missing.length, second.upstreamCalls], [30, 6]);
      assert.equal((await received(stack)).length, sent + 6);
    } finally {
      await stack.stop();
    }
  });
});

test("LOCATION_HINT is passed when an object is requested, and a bad one is named", async () => {
  const spy = `import Worker from "./index.js";
  export * from "./index.js";
  class DurableObjectNamespace {}
  export default class extends Worker {
    constructor(context, env) {
      const ISBNDB_OBJECT = new DurableObjectNamespace();
      ISBNDB_OBJECT.getByName = (name, options) => {
        console.log(JSON.stringify({ event: "stub", hint: options?.locationHint ?? null }));
        return env.ISBNDB_OBJECT.getByName(name, options);
      };
      super(context, { ...env, ISBNDB_OBJECT });
    }
  }`;
  for (const [hint, status] of [
    [null, 200],
    ["weur", 200],
    ["Europe", 500],
  ]) {
    const options = {
      workers: ["isbndb"],
      wrap: { isbndb: spy },
      vars: { isbndb: { LOCATION_HINT: hint } },
    };
    const stack = await startStack(options);
    try {
      const answer = await stack.worker("isbndb").fetch("/quota");
      assert.equal(answer.status, status, await answer.text());
      const hints = stack.logs().flatMap(({ json }) => (json?.event === "stub" ? [json.hint] : []));
      assert.deepEqual([...new Set(hints)], status === 200 ? [hint] : []);
      /** @type {any} */
      const health = await (await stack.worker("isbndb").fetch("/health")).json();
      assert.equal(/^LOCATION_HINT: /.test(health.config), status !== 200, JSON.stringify(health));
    } finally {
      await stack.stop();
    }
  }
});
