// Limits of anonymous clients, and clients that disconnect.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { tally } from "../harness/bindings.mjs";
import { eventually } from "../harness/support.mjs";
import { UNPACED, ask, requests, since, withProxy } from "./support.mjs";

const HUNDRED = Array.from({ length: 100 }, (_, n) => n);
const ONE_EACH = { google: 1, isbndb: 1, openlibrary: 1 };
/** A request of an anonymous client with this address. */
const visit = (stack, path, address, init = {}) =>
  stack.worker("proxy").fetch(path, { ...init, headers: { "cf-connecting-ip": address } });
const isStored = (stack, path) => async () => (await ask(stack, path)).cache !== "MISS";

test("a hundred anonymous searches of one key cause one fan-out", () =>
  withProxy({ vars: { proxy: { PUBLIC_SHARE: "0.01", GOOGLE_DAILY_QUOTA: "1000" } } }, async (stack) => {
    await stack.emulators.settings({ latencyMs: 300 });
    const before = await requests(stack);
    const search = (n) => visit(stack, "/search/auto?q=dune", `192.0.2.${n}`);
    const answers = await Promise.all(HUNDRED.map(search));
    assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
    assert.deepEqual(await since(stack, before), ONE_EACH);
    await stack.emulators.settings({ latencyMs: 0 });
    // Most of the ten units of the public share are left; later misses use them up and no more.
    const later = [];
    for (let n = 0; n < 15; n += 1)
      later.push((await visit(stack, `/search/title?title=question+${n}`, `198.51.100.${n}`)).status);
    assert.deepEqual([later[0], later[2], later.at(-1)], [200, 200, 429], later.join());
    const { google } = await since(stack, before);
    assert.ok(google > 5 && google <= 10, `${google}`);
    const spent = await visit(stack, "/search/title?title=question+11", "203.0.113.1");
    const problem = await spent.json();
    assert.equal(problem.errorCode, "PUBLIC_SHARE_EXHAUSTED");
    // The answer without Google is neither stored nor given to a known caller.
    const known = await ask(stack, "/search/title?title=question+11");
    assert.deepEqual([known.status, known.cache, known.json().partial], [200, "MISS", false]);
  }));

test("a burst of one household is refused, and other visitors are served", () =>
  withProxy({}, async (stack) => {
    const burst = await Promise.all(
      HUNDRED.slice(0, 12).map((n) => visit(stack, `/search/title?title=burst+${n}`, `2001:db8:0:1:${n}::1`)),
    );
    const statuses = burst.map((answer) => answer.status);
    assert.ok(statuses.filter((status) => status === 429).length >= 2, statuses.join());
    const refused = burst.find((answer) => answer.status === 429);
    assert.equal(refused.headers.get("retry-after"), "10");
    const other = await visit(stack, "/search/auto?q=dune", "2001:db8:0:2::1");
    assert.equal(other.status, 200);
  }));

test("hits of anonymous clients spend no quota and few KV writes", () =>
  withProxy(
    {
      count: true,
      vars: {
        isbndb: { ISBNDB_PLAN: "enterprise", PUBLIC_SHARE: "0" },
        proxy: { ...UNPACED, CACHE_COLD_TTL: "3", PARTIAL_TTL: "3", PUBLIC_SHARE: "0" },
      },
    },
    async (stack) => {
      const paths = ["dune", "the+martian", "project+hail+mary"].map((q) => `/search/auto?q=${q}`);
      for (const path of paths) await ask(stack, path);
      await sleep(500);
      const hit = async (expected) => {
        for (const path of paths) {
          const answer = await visit(stack, path, "192.0.2.1");
          assert.deepEqual([answer.status, answer.headers.get("x-cache")], [200, expected]);
        }
      };
      await hit("HIT-R2-COLD");
      // At ISBNdb's pace of one call a second, the last answer is stored seconds after the first.
      await sleep(8_000);
      const before = await requests(stack);
      await hit("STALE");
      await sleep(1_000);
      assert.deepEqual(await since(stack, before), { google: 0, isbndb: 0, openlibrary: 0 });
      // Only the second hit of a key within an hour copies the entry to KV.
      const writes = tally(await stack.operations())["kv.put"] ?? 0;
      assert.ok(writes <= paths.length, `${writes}`);
      // A hit of a known caller starts a refresh.
      await ask(stack, paths[0]);
      await eventually("refreshed", async () => (await since(stack, before)).google === 1, 5_000);
    },
  ));

test("a running flight does not store a purged answer", () =>
  withProxy({ vars: { proxy: UNPACED } }, async (stack) => {
    await stack.emulators.settings({ latencyMs: 700 });
    for (const [n, purgedAfterMs] of [100, 400, 690, 720, 760].entries()) {
      const path = `/search/title?title=purged+${n}`;
      const answer = ask(stack, path);
      await sleep(purgedAfterMs);
      const purged = await ask(stack, `/cache?title=purged+${n}`, { method: "DELETE" });
      assert.equal(purged.status, 200);
      assert.equal((await answer).status, 200);
      await sleep(700);
      assert.equal((await ask(stack, path)).cache, "MISS", `purged after ${purgedAfterMs} ms`);
    }
  }));

test("after clients disconnect the answer is still stored once", () =>
  withProxy({ vars: { proxy: UNPACED } }, async (stack) => {
    await stack.emulators.settings({ latencyMs: 400 });
    for (const [path, staying] of [
      ["/search/auto?q=dune", 0],
      ["/search/auto?q=emma", 1],
    ]) {
      const before = await requests(stack);
      const leave = new AbortController();
      const search = (n) => {
        const init = n < staying ? {} : { signal: leave.signal };
        return stack
          .worker("proxy")
          .fetch(path, { headers: { authorization: "Bearer test-admin-token" }, ...init });
      };
      const answers = HUNDRED.map(search);
      const settled = Promise.allSettled(answers);
      await sleep(50);
      leave.abort();
      const served = (await settled).filter((one) => one.status === "fulfilled" && one.value.status === 200);
      assert.equal(served.length, staying);
      await eventually("stored", isStored(stack, path), 5_000);
      assert.deepEqual(await since(stack, before), ONE_EACH);
    }
  }));

test("after its client disconnects a batch is finished and its place freed", () =>
  withProxy({ vars: { proxy: UNPACED } }, async (stack) => {
    const send = (title, cache = "default", init = {}) => {
      const body = JSON.stringify({ cache, items: [{ id: title, kind: "title", title }] });
      return ask(stack, "/search/batch", { method: "POST", body, ...init });
    };
    const isWarm = (title) => async () => {
      const answer = await send(title, "only-if-cached");
      // While both batches run, a third is refused.
      return answer.status === 200 && answer.json().results[0].outcome !== "miss";
    };
    await stack.emulators.settings({ latencyMs: 2_000 });
    // Twice as many batches as a caller may run at the same time.
    for (const titles of [
      ["dune", "emma"],
      ["persuasion", "the martian"],
    ]) {
      const before = await requests(stack);
      const leave = new AbortController();
      const left = titles.map((title) =>
        send(title, "default", { signal: leave.signal }).catch(() => undefined),
      );
      await eventually("asked", async () => (await since(stack, before)).openlibrary === 2, 30_000);
      leave.abort();
      await Promise.all(left);
      for (const title of titles) {
        await eventually(`${title} is stored`, isWarm(title), 30_000);
        const next = await ask(stack, `/search/title?title=${encodeURIComponent(title)}`);
        assert.ok(next.status === 200 && next.cache !== "MISS", `${next.status} ${next.cache}`);
      }
      assert.equal((await since(stack, before)).openlibrary, titles.length);
    }
  }));

test("a short admin token is not accepted, and /health names it", () =>
  withProxy({ secrets: { proxy: { ADMIN_TOKEN: "x" } } }, async (stack) => {
    const headers = { authorization: "Bearer x" };
    const refused = await stack.worker("proxy").fetch("/metrics", { headers });
    assert.equal(refused.status, 500);
    const health = await (await stack.worker("proxy").fetch("/health")).json();
    assert.deepEqual([health.status, health.secrets.ADMIN_TOKEN], ["degraded", false]);
  }));
