// The object is aborted or its process is killed while it works: no count and no call is lost, no
// call is sent uncounted, and no window is exceeded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { SOAK } from "../harness/support.mjs";
import {
  ask,
  BACKGROUND,
  insist,
  isbn,
  mostWithin,
  post,
  received,
  startIsbndb,
  unitsOf,
} from "./support.mjs";

// Aborts the object as the platform may at any moment. A timer does it: an abort directly under
// Rust code would hang.
const ABORTABLE = String.raw`
import * as built from "./index.js";
class Entry extends built.default {
  async fetch(request) {
    if (new URL(request.url).pathname !== "/__abort") return super.fetch(request);
    return this.env.ISBNDB_OBJECT.getByName("isbndb").fetch("https://isbndb-object/__abort");
  }
}
export class IsbndbObject extends built.IsbndbObject {
  constructor(state, env) {
    super(state, env);
    return new Proxy(this, {
      get(target, key) {
        if (key !== "fetch") return Reflect.get(target, key, target);
        return (request) => {
          if (new URL(request.url).pathname !== "/__abort") return target.fetch(request);
          setTimeout(() => state.abort("by the test"), 0);
          return new Response("soon");
        };
      },
    });
  }
}
export default Entry;
`;

async function crashing(context, { aborts, kills, clients }) {
  const stack = await startIsbndb({ wrap: { isbndb: ABORTABLE } });
  try {
    const isbndb = stack.worker("isbndb");
    let over = false;
    let next = 0;
    const answered = [];
    const client = async (n) => {
      while (!over) {
        const from = next;
        if (n === 0) {
          // One client uses the bulk route.
          next += 3;
          const isbns = [isbn(from), isbn(from + 1), isbn(from + 2)];
          await insist(isbndb, "/books", post(isbns));
          answered.push(...isbns.map((one) => `bulk ${one}`));
        } else {
          next += 1;
          await insist(isbndb, `/book/${isbn(from)}`, { headers: BACKGROUND });
          answered.push(isbn(from));
        }
      }
    };
    const running = Array.from({ length: clients }, (_, n) => client(n));
    let done = { aborts: 0, kills: 0 };
    const rounds = aborts + kills;
    for (let round = 0; round < rounds; round++) {
      await sleep(200 + Math.random() * 1_000);
      const left = { aborts: aborts - done.aborts, kills: kills - done.kills };
      if (Math.random() * (left.aborts + left.kills) < left.aborts) {
        await isbndb.fetch("/__abort", { timeoutMs: 5_000 }).catch(() => {});
        done.aborts += 1;
      } else {
        await stack.kill();
        await stack.restart();
        done.kills += 1;
      }
    }
    over = true;
    await Promise.all(running);
    await sleep(2_000);
    const requests = await received(stack);
    const sent = unitsOf(requests);
    const { body } = await ask(isbndb, "/quota");
    context.diagnostic(
      `${done.aborts} aborts, ${done.kills} kills: ${requests.length} calls, ${sent} units sent, ` +
        `${body.spent} counted, ${answered.length} answers; most in a second ${mostWithin(requests, 1_000)}`,
    );
    assert.ok(body.spent >= sent, `${sent} sent, ${body.spent} counted`);
    // Counted but not yet sent at the moment of the crash: one slot a crash, three units at most.
    assert.ok(body.spent <= sent + 3 * rounds, `${sent} sent, ${body.spent} counted`);
    assert.ok(mostWithin(requests, 1_000) <= 1, "the pace outlives a crash");
    assert.equal((await stack.emulators.counts()).isbndb.refusedPace, 0);
    assert.ok(answered.length > 0);
    // Every answer is in the cache: a repeated request makes no call.
    const before = (await received(stack)).length;
    for (const one of answered.filter((isbn13) => !isbn13.startsWith("bulk")).slice(0, 20)) {
      assert.equal((await isbndb.fetch(`/book/${one}`)).status, 404);
    }
    assert.equal((await received(stack)).length, before);
  } finally {
    await stack.stop();
  }
}

test("the object is aborted at random", (context) =>
  crashing(context, { aborts: SOAK ? 50 : 7, kills: 0, clients: 6 }));

test("the process is killed at random", (context) =>
  crashing(context, { aborts: 0, kills: SOAK ? 50 : 3, clients: 6 }));

test("an evicted object continues from its storage", async () => {
  const stack = await startIsbndb();
  try {
    const isbndb = stack.worker("isbndb");
    await ask(isbndb, `/book/${isbn(1)}`);
    // An eviction of an idle object throws now and then: repeat it until it succeeds.
    const evicted = () =>
      stack.evict("isbndb", "IsbndbObject", "isbndb").then(
        () => true,
        () => false,
      );
    let done = false;
    for (let tries = 0; !done && tries < 20; tries++) done = await evicted();
    assert.ok(done, "evicted");
    assert.equal((await ask(isbndb, "/quota")).body.spent, 1);
    await ask(isbndb, `/book/${isbn(1)}`);
    assert.equal((await received(stack)).length, 1);
  } finally {
    await stack.stop();
  }
});
