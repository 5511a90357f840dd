// The pace over several isolates, shared calls, and the order of callers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { SOAK } from "../harness/support.mjs";
import { ask, BACKGROUND, isbn, mostWithin, received, SLOT_MS, startIsbndb } from "./support.mjs";

const TWIN = { extraWorkers: [{ twinOf: "isbndb", name: "isbndb-2" }] };

test("sixteen clients in two isolates get the whole rate and never more", async (context) => {
  for (const [plan, rate] of /** @type {const} */ ([
    ["basic", 1],
    ["premium", 3],
  ])) {
    const stack = await startIsbndb({
      ...TWIN,
      vars: { isbndb: { ISBNDB_PLAN: plan } },
      emulators: { args: ["--isbndb-plan", plan] },
    });
    try {
      const workers = [stack.worker("isbndb"), stack.worker("isbndb-2")];
      // The first requests start isolates and objects.
      await Promise.all(workers.map((worker, n) => worker.fetch(`/book/${isbn(900 + n)}`)));
      await sleep(2_000);
      const since = (await stack.emulators.log()).seq;
      const spanMs = SOAK ? 60_000 : 15_000;
      const until = Date.now() + spanMs;
      let next = 1_000;
      const client = async (n) => {
        while (Date.now() < until) {
          const path = `/book/${isbn(next++)}`;
          const response = await workers[n % 2].fetch(path, { headers: BACKGROUND });
          await response.text();
          assert.equal(response.status, 404);
        }
      };
      await Promise.all(Array.from({ length: 16 }, (_, n) => client(n)));
      const all = await received(stack, since);
      const within = all.filter(({ atMs }) => atMs <= all[0].atMs + spanMs);
      const share = within.length / ((spanMs / 1_000) * rate);
      // Load delays an arrival by some ms, and the next call then comes sooner after it.
      const most = mostWithin(all, 950);
      context.diagnostic(
        `${plan}: ${within.length} calls in ${spanMs / 1_000} s, ${(share * 100).toFixed(1)} % of ` +
          `the rate; most in a second ${most}, in a minute ${mostWithin(all, 60_000)}`,
      );
      assert.ok(share >= 0.95, `${share}`);
      assert.ok(most <= rate, `${most} in one second`);
      assert.ok(mostWithin(all, 60_000) <= 60 * rate);
      assert.equal((await stack.emulators.counts()).isbndb.refusedPace, 0);
      const { body } = await ask(workers[0], "/quota");
      assert.equal(body.spent, (await received(stack)).length);
    } finally {
      await stack.stop();
    }
  }
});

test("fifty equal requests in two isolates are one call", async () => {
  const stack = await startIsbndb({ ...TWIN, emulators: { args: ["--latency-ms", "500"] } });
  try {
    const workers = [stack.worker("isbndb"), stack.worker("isbndb-2")];
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => ask(workers[n % 2], `/book/${isbn(7)}`)),
    );
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([404]));
    assert.equal((await received(stack)).length, 1);
    assert.equal((await ask(workers[0], "/quota")).body.spent, 1);
  } finally {
    await stack.stop();
  }
});

test("in a background flood an interactive call waits two slots at most", async (context) => {
  const stack = await startIsbndb({ vars: { isbndb: { BACKGROUND_WAIT_MS: SOAK ? "30000" : "8000" } } });
  try {
    const isbndb = stack.worker("isbndb");
    let over = false;
    let next = 2_000;
    const flood = async () => {
      while (!over) {
        const response = await isbndb.fetch(`/book/${isbn(next++)}`, { headers: BACKGROUND });
        await response.text();
        if (response.status === 429) await sleep(200);
      }
    };
    const running = Array.from({ length: 40 }, flood);
    await sleep(1_500);
    const waits = [];
    for (let n = 0; n < (SOAK ? 20 : 5); n++) {
      await sleep(900 + ((n * 370) % 1_030));
      const began = Date.now();
      const path = `/book/${isbn(100 + n)}`;
      const { status } = await ask(isbndb, path);
      assert.equal(status, 404);
      const sent = (await received(stack)).find((request) => request.path.endsWith(path));
      waits.push(sent.atMs - began);
    }
    over = true;
    context.diagnostic(`waits of a person: ${waits.join(", ")} ms`);
    assert.ok(Math.max(...waits) <= 2 * SLOT_MS, `${waits}`);
    await Promise.all(running);
  } finally {
    await stack.stop();
  }
});

test("a full queue answers 429 at once, with retry-after", async () => {
  const boundSecs = 8;
  const stack = await startIsbndb({
    vars: { isbndb: { BACKGROUND_WAIT_MS: String(boundSecs * 1_000) } },
  });
  try {
    const isbndb = stack.worker("isbndb");
    const began = Date.now();
    const answers = await Promise.all(
      Array.from({ length: 25 }, async (_, n) => {
        const answer = await ask(isbndb, `/book/${isbn(3_000 + n)}`, { headers: BACKGROUND });
        return { ...answer, tookMs: Date.now() - began };
      }),
    );
    const refused = answers.filter(({ status }) => status === 429);
    // The first call is sent at once, seven more within eight seconds.
    assert.ok(refused.length >= 16 && refused.length <= 18, `${refused.length} refused`);
    for (const { body, headers, tookMs } of refused) {
      assert.equal(body.errorCode, "RATE_LIMITED");
      assert.ok(Number(headers.get("retry-after")) >= boundSecs - 1);
      assert.ok(tookMs < 3_000, `${tookMs} ms`);
    }
    assert.equal((await received(stack)).length, answers.length - refused.length);
  } finally {
    await stack.stop();
  }
});
