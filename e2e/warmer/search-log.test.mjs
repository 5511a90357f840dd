// Warming of logged searches: off by default; private; after the library's books, within the spare
// quota. Then the same searches are answered from cache.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { admin, eventually } from "../harness/support.mjs";
import { startStack } from "../harness/index.mjs";
import { scratchDir } from "../harness/processes.mjs";
import { startWarmer, VERIFY, Warmer } from "./harness.mjs";

const LIBRARY = `Title,Author,ISBN
The Hobbit,J.R.R. Tolkien,9780547928227
Don Quixote,Miguel de Cervantes Saavedra,9780060934341
Meditations,Marcus Aurelius,9780140449334
`;
const OTHERS = `Title,Author,ISBN
Cien años de soledad,Gabriel García Márquez,9780307474728
1984,George Orwell,9780451524935
Kindred,Octavia E. Butler,9780807083697
`;
/** Searches of every kind for books that are not in the library, as people type them. */
const SEARCHES = [
  "/search/auto?q=0-451-52493-4",
  "/search/auto?q=Cien%20a%C3%B1os%20de%20soledad",
  "/search/title?title=Kindred",
  "/author/Butler,%20Octavia%20E.",
  "/search/advanced?title=Kindred&author=Octavia%20E.%20Butler",
];
/** A search whose answer is partial. */
const POOR = "/author/George%20Orwell";
const ALL = [...SEARCHES, POOR];

/** The Workers with the largest plan; without breakers and retries, since providers fail here. */
function startAll(options = {}) {
  const file = path.join(scratchDir("searched"), "library.csv");
  writeFileSync(file, LIBRARY + OTHERS.slice(OTHERS.indexOf("\n") + 1));
  const quiet = { BREAKER_FAILURES: "0", RETRY_ATTEMPTS: "1" };
  return startStack({
    emulators: { libraries: [file], args: ["--isbndb-plan", "enterprise", "--complete"] },
    ...options,
    vars: {
      isbndb: { ISBNDB_PLAN: "enterprise", ...quiet },
      proxy: { WARM_SEARCHES: "true", ...quiet, ...options.vars?.proxy },
      warmer: quiet,
    },
  });
}

const proxy = (stack) => stack.worker("proxy");
const allDead = (stack) => stack.emulators.faults({ provider: "all", fault: "status", status: 503 });

async function searched(stack, init = { headers: admin }) {
  const response = await proxy(stack).fetch("/search-log?limit=500", init);
  return { status: response.status, body: await response.json() };
}

let visitors = 0;
/** A search of a new anonymous client each time: many misses of one client would be limited. */
const visit = (stack, search) =>
  proxy(stack).fetch(search, { headers: { "cf-connecting-ip": `192.0.2.${(visitors += 1)}` } });

/** An anonymous search while no provider answers. */
async function missed(stack, search) {
  const response = await visit(stack, search);
  assert.equal(response.status, 503, `${search}: ${await response.text()}`);
}

const requests = async (stack) =>
  Object.values(await stack.emulators.counts()).reduce((sum, one) => sum + one.requests, 0);

describe("switched on", () => {
  let stack;
  let warmer;
  before(async () => {
    stack = await startAll();
    warmer = new Warmer(stack);
  });
  after(() => stack?.stop());

  test("the log holds queries of misses and nothing about clients", async () => {
    await allDead(stack);
    for (const search of SEARCHES) await missed(stack, search);
    await stack.emulators.clear();
    await stack.emulators.faults({ provider: "isbndb", fault: "status", status: 503 });
    const poor = await (await visit(stack, POOR)).json();
    assert.deepEqual([poor.partial, poor.totalItems > 0], [true, true]);
    const { status, body } = await eventually("the expected state", async () => {
      const seen = await searched(stack);
      return seen.body.queries?.length === ALL.length && seen;
    });
    assert.equal(status, 200);
    assert.deepEqual([body.enabled, body.unreachableShards], [true, 0]);
    for (const query of body.queries) {
      assert.deepEqual(Object.keys(query).sort(), ["key", "lastAskedMs", "query", "timesSearched"]);
      assert.equal(query.timesSearched, 1, "without a complete answer a query is listed after one search");
    }
    const kinds = body.queries.map(({ query }) => query.kind).sort();
    const expected = ["author", "author", "auto", "auto", "title", "title"];
    assert.deepEqual(kinds, expected, JSON.stringify(body));
    // A read of the log writes one log line, without any query.
    const logged = stack
      .logs()
      .map(({ text }) => text)
      .join("\n");
    for (const word of ["Kindred", "Butler", "soledad", "0451524935", "9780451524934"]) {
      assert.ok(!logged.includes(word), word);
    }
  });

  test("anonymous clients are refused", async () => {
    for (const method of ["GET", "HEAD", "DELETE"]) {
      const without = await proxy(stack).fetch("/search-log", { method });
      assert.equal(without.status, 401, method);
      const headers = { authorization: "Bearer guess", "cf-worker": "cache-warmer" };
      const wrong = await proxy(stack).fetch("/search-log", { method, headers });
      assert.equal(wrong.status, 403, method);
    }
    const post = await proxy(stack).fetch("/search-log", { method: "POST", headers: admin });
    assert.equal(post.status, 405);
    const limit = await proxy(stack).fetch("/search-log?limit=501", { headers: admin });
    assert.equal(limit.status, 400);
    assert.equal((await searched(stack)).body.queries.length, ALL.length);
  });

  test("after the library the searches are warmed and become hits", async () => {
    await stack.emulators.clear();
    // Some of the earlier searches were answered.
    const known = (await stack.emulators.log()).requests.filter(({ status }) => status === 200).length;
    await warmer.put("uploads/library.csv", LIBRARY);
    await warmer.heartbeat();
    await warmer.worker.scheduled(VERIFY);
    const started = await warmer.status();
    if (started.jobs[0].state !== "done") {
      assert.match(started.searchWarming.waiting.reason, /^the library comes first: library-1 /);
    }
    const { searchWarming: searches } = await eventually(
      "the expected state",
      async () => {
        const status = await warmer.status();
        return status.searchWarming.history.length && status;
      },
      60_000,
    );
    assert.equal(searches.enabled, true);
    const [{ listed, fresh, asked, warmed, absent, failed, left, why }] = searches.history;
    const n = ALL.length;
    assert.deepEqual(
      { listed, fresh, asked, warmed, absent, failed, left, why },
      { listed: n, fresh: 0, asked: n, warmed: n, absent: 0, failed: 0, left: 0, why: undefined },
    );
    // The upstream calls in order: no search comes before the last call for the library.
    const { requests: log } = await stack.emulators.log();
    const later = log
      .filter(({ status }) => status === 200)
      .slice(known)
      .map(({ path, query }) => decodeURIComponent(`${path}?${query ?? ""}`));
    const last = (pattern) => later.findLastIndex((text) => pattern.test(text));
    const first = (pattern) => later.findIndex((text) => pattern.test(text));
    const ofLibrary = last(/tolkien|cervantes|aurelius|9780547928227|9780060934341|9780140449334/i);
    const ofSearches = first(/orwell|kindred|butler|soledad|9780451524935|9780451524934/i);
    assert.ok(ofLibrary >= 0 && ofSearches > ofLibrary, `${ofLibrary} < ${ofSearches}: ${later.join("\n")}`);

    const before = await requests(stack);
    for (const search of ALL) {
      const response = await proxy(stack).fetch(search);
      const body = await response.json();
      assert.deepEqual([response.status, body.partial], [200, false], search);
      assert.match(response.headers.get("x-cache"), /^HIT/, search);
      assert.ok(body.totalItems > 0, search);
    }
    assert.equal(await requests(stack), before, "no upstream request");
    const gauge = await (await warmer.worker.fetch("/metrics", { headers: admin })).text();
    assert.match(gauge, new RegExp(`^warming_searches\\{.*state="warmed".*\\} ${n}$`, "m"));
  });

  test("a purge deletes one query, DELETE /search-log all of them", async () => {
    const purge = await proxy(stack).fetch("/cache?q=0451524934", { method: "DELETE", headers: admin });
    assert.equal(purge.status, 200);
    assert.equal((await searched(stack)).body.queries.length, ALL.length - 1);
    const cleared = await proxy(stack).fetch("/search-log", { method: "DELETE", headers: admin });
    assert.equal(cleared.status, 204);
    assert.deepEqual((await searched(stack)).body.queries, []);
    await stack.kill();
    await stack.restart();
    assert.deepEqual((await searched(stack)).body.queries, [], "also from storage");
  });

  test("a completely answered search is listed only after its second miss", async () => {
    await stack.emulators.clear();
    const search = "/search/auto?q=Octavia%20Butler%20Kindred";
    for (const asked of [1, 2]) {
      const answer = await proxy(stack).fetch(search);
      assert.equal(answer.headers.get("x-cache"), "MISS", await answer.text());
      // The answer is stored and counted afterwards; requests in between share the answer.
      await eventually(
        "the expected state",
        async () => (await proxy(stack).fetch(search)).headers.get("x-cache") === "HIT-R2-COLD",
      );
      await sleep(300);
      const { body } = await searched(stack);
      assert.equal(body.queries.length, asked - 1, "a hit is not counted");
      // As if it had expired: deleted from the cache, but not purged.
      const cold = await stack.r2("proxy", "API_CACHE_COLD");
      const { objects } = await cold.list({ prefix: "api-cache/v2/any" });
      await cold.delete(objects.map(({ key }) => key));
      await stack.kill();
      await stack.restart();
      const hot = await stack.kv("proxy", "CACHE");
      for (const { name } of (await hot.list()).keys) await hot.delete(name);
    }
  });
});

/** Wraps the built proxy: reads the storage of the shards, and runs their alarms. */
const LOOKED_INTO = String.raw`
import * as built from "./index.js";
export const { ProviderLimiter } = built;
export class FlightObject extends built.FlightObject {
  constructor(state, env) {
    super(state, env);
    return new Proxy(this, {
      get(target, key) {
        const value = Reflect.get(target, key, target);
        if (key !== "fetch") return typeof value === "function" ? value.bind(target) : value;
        return async (request) => {
          const { pathname } = new URL(request.url);
          if (!pathname.startsWith("/__")) return target.fetch(request);
          if (pathname === "/__alarm") await target.alarm();
          const stored = [...(await state.storage.list()).entries()];
          return Response.json({ stored, alarm: await state.storage.getAlarm() });
        };
      },
    });
  }
}
export default class extends built.default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/__")) return super.fetch(request);
    const shards = Array.from({ length: 16 }, async (_, n) => {
      const stub = this.env.FLIGHT.get(this.env.FLIGHT.idFromName("shard-" + n));
      return (await stub.fetch("http://shard" + pathname)).json();
    });
    return Response.json(await Promise.all(shards));
  }
}
`;
const shards = async (stack, what = "look") =>
  (await (await proxy(stack).fetch(`/__${what}`)).json()).filter(({ stored }) => stored.length);

test("the search log is off by default", async () => {
  const stack = await startAll({ wrap: { proxy: LOOKED_INTO }, vars: { proxy: { WARM_SEARCHES: null } } });
  try {
    await allDead(stack);
    for (const search of SEARCHES) await missed(stack, search);
    await sleep(300);
    assert.deepEqual((await searched(stack)).body, { enabled: false, queries: [], unreachableShards: 0 });
    assert.deepEqual(await shards(stack), []);
    const warmer = new Warmer(stack);
    await warmer.worker.scheduled(VERIFY);
    const { searchWarming: searches } = await eventually("the expected state", async () => {
      const status = await warmer.status();
      return status.searchWarming.enabled === false && status;
    });
    assert.deepEqual([searches.history, searches.waiting], [[], null]);
  } finally {
    await stack.stop();
  }
});

test("stored queries are deleted after thirty days, or once the log is off", async () => {
  const persist = scratchDir("searched-state");
  const wrap = { proxy: LOOKED_INTO };
  const on = await startAll({ persist, wrap });
  try {
    await allDead(on);
    for (const search of SEARCHES) await missed(on, search);
    const full = await eventually("the expected state", async () => {
      const full = await shards(on);
      const entries = full.flatMap(({ stored }) => stored.flatMap(([, text]) => JSON.parse(text).entries));
      return entries.length === SEARCHES.length && full;
    });
    for (const { alarm } of full) {
      const days = (alarm - Date.now()) / 86_400_000;
      assert.ok(days > 29.99 && days <= 30, `${days}`);
    }
    assert.equal((await shards(on, "alarm")).length, full.length, "nothing is deleted too early");
  } finally {
    await on.stop();
  }
  const off = await startAll({ persist, wrap, vars: { proxy: { WARM_SEARCHES: "false" } } });
  try {
    assert.notDeepEqual(await shards(off), []);
    assert.deepEqual((await searched(off)).body.queries, [], "not listed any more");
    assert.deepEqual(await shards(off, "alarm"), []);
  } finally {
    await off.stop();
  }
});

test("a miss needs no further object request or KV write; a run reads each shard once", async () => {
  const costs = {};
  for (const on of [null, "true"]) {
    const stack = await startAll({ count: true, vars: { proxy: { WARM_SEARCHES: on } } });
    try {
      await allDead(stack);
      for (const search of SEARCHES) await missed(stack, search);
      if (on)
        await eventually(
          "the expected state",
          async () => (await searched(stack)).body.queries?.length === SEARCHES.length,
        );
      const before = await proxy(stack).usage();
      for (const search of SEARCHES) await missed(stack, search);
      // Writes after an answer.
      await sleep(500);
      const after = await proxy(stack).usage();
      const spent = (name) => (after[name] ?? 0) - (before[name] ?? 0);
      const names = ["objectRequests", "kvWrites", "kvReads", "r2ClassA", "rowsWritten"];
      costs[on] = Object.fromEntries(names.map((name) => [name, spent(name)]));
      if (!on) continue;
      await searched(stack);
      const looked = await proxy(stack).usage();
      assert.equal(looked.objectRequests - after.objectRequests, 16);
      assert.equal((looked.rowsWritten ?? 0) - (after.rowsWritten ?? 0), 0);
    } finally {
      await stack.stop();
    }
  }
  console.log("five misses", JSON.stringify(costs));
  const { rowsWritten: rowsOff, ...off } = costs.null;
  const { rowsWritten: rowsOn, ...on } = costs.true;
  assert.deepEqual(on, off);
  assert.equal(rowsOn, rowsOff + SEARCHES.length, "one row a miss");
});

test("a var that is neither true nor false is named", async () => {
  const stack = await startAll({ vars: { proxy: { WARM_SEARCHES: "yes" } } });
  try {
    const response = await proxy(stack).fetch("/health");
    assert.equal(response.status, 503);
    assert.match(await response.text(), /WARM_SEARCHES/);
  } finally {
    await stack.stop();
  }
});

test("without spare quota no search is sent, and the status has the reason", async () => {
  const world = await startWarmer();
  try {
    const { fakes } = world;
    const queries = ["one search", "another search"].map((q) => ({
      key: `v2/any/${q}`,
      query: { kind: "auto", q },
      timesSearched: 3,
      lastAskedMs: Date.now(),
    }));
    fakes.searched = { enabled: true, queries, unreachableShards: 0 };
    fakes.quota.spent = 500;
    await world.worker.scheduled(VERIFY);
    const { searchWarming: searches } = await eventually("the expected state", async () => {
      const status = await world.status();
      return status.searchWarming.history.length && status;
    });
    const [{ listed, asked, left, why }] = searches.history;
    assert.deepEqual({ listed, asked, left }, { listed: 2, asked: 0, left: 2 });
    assert.match(why, /^no quota to spare: 500 of 1000 units/);
    assert.equal(fakes.counts.probes, 1);
    assert.equal(fakes.counts.batches, 0);
    assert.equal(fakes.counts.units, 0);
  } finally {
    await world.stop();
  }
});
