// The object is aborted during its alarms, and KV and R2 fail before or after the write. The work
// continues by itself and ends as expected.

import assert from "node:assert/strict";
import { test } from "node:test";

import { SOAK, eventually } from "../harness/support.mjs";
import { accounted, startWarmer } from "./harness.mjs";
import { library } from "./fakes.mjs";

const BOOKS = SOAK ? 2_000 : 240;

// Wraps the built Worker. The platform finds classes by name, so the faulty ones have the same
// names. One in `FAULTS` operations fails.
const FAULTY = String.raw`
import * as built from "./index.js";
const chance = (share) => Math.random() < share;
let faults = 0;
let operations = Math.floor(Math.random() * 4);
// One in so many operations fails, alternately before and after its effect.
async function flaky(every, work) {
  operations += 1;
  const fails = every > 0 && operations % every === 0;
  if (fails) faults += 1;
  if (fails && faults % 2) throw new Error("not stored");
  const result = await work();
  if (fails) throw new Error("stored, answer lost");
  return result;
}
const proxyOf = (Class, real, share, names) => new Proxy(Object.create(Class.prototype), {
  get(_, key) {
    if (key === "constructor") return Class;
    const value = real[key];
    if (typeof value !== "function") return value;
    return (...args) => names.includes(key)
      ? flaky(share, () => value.apply(real, args)) : value.apply(real, args);
  },
});
class KvNamespace {}
class R2Bucket {}
const faulty = (env) => ({
  ...env,
  WARMING_CACHE: proxyOf(KvNamespace, env.WARMING_CACHE, Number(env.FAULTS), ["put"]),
  LIBRARY_DATA: proxyOf(R2Bucket, env.LIBRARY_DATA, Number(env.FAULTS), ["put", "get", "list"]),
});
let aborts = 0;
// How many further requests to the object are aborted.
let broken = 0;
export class LedgerObject extends built.LedgerObject {
  constructor(state, env) {
    super(state, faulty(env));
    return new Proxy(this, {
      get(target, key) {
        const value = Reflect.get(target, key, target);
        if (key === "fetch") {
          return (request) => {
            if (broken === 0) return target.fetch(request);
            broken -= 1;
            setTimeout(() => state.abort("by the test"), 0);
            return new Promise(() => {});
          };
        }
        if (key !== "alarm") return typeof value === "function" ? value.bind(target) : value;
        return () => {
          if (chance(Number(env.ABORTS))) {
            aborts += 1;
            setTimeout(() => state.abort("by the test"), Math.random() * 30);
          }
          return target.alarm();
        };
      },
    });
  }
}
export default class extends built.default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/__faults") return Response.json({ aborts, faults });
    if (pathname === "/__break") {
      broken = Number(searchParams.get("requests"));
      return new Response();
    }
    return super.fetch(request);
  }
}
`;

const twice = ({ fetched }) =>
  [...fetched].filter(([key, n]) => n > 1 && !key.startsWith("title:")).map(([key]) => key);

for (const [what, vars] of /** @type {const} */ ([
  ["the object is aborted at random", { ABORTS: "0.3", FAULTS: "0" }],
  ["KV and R2 fail", { ABORTS: "0", FAULTS: "4" }],
  ["all faults", { ABORTS: "0.2", FAULTS: "7" }],
])) {
  test(`${what}: every row gets an outcome, nothing is lost`, { timeout: 300_000 }, async () => {
    const world = await startWarmer({ wrap: { warmer: FAULTY }, vars: { warmer: vars } });
    const { fakes } = world;
    try {
      fakes.delayMs = 10;
      await world.put("uploads/library.csv", library(BOOKS, BOOKS / 2));
      // After an aborted or failing scan the next heartbeat scans.
      const status = async () => world.status().catch(() => undefined);
      await eventually("the expected state", async () => {
        await world.heartbeat();
        return (await status())?.jobs?.length;
      });
      const job = await eventually(
        "the expected state",
        async () => {
          const job = (await status())?.jobs?.[0];
          // The platform retries an alarm six times; then the heartbeat restarts it.
          if (Math.random() < 0.02) await world.heartbeat();
          return job?.state === "done" && job;
        },
        SOAK ? 900_000 : 90_000,
      );
      accounted(job, BOOKS);
      assert.equal(job.items.done, job.items.total, JSON.stringify(job.failures));
      const { aborts, faults } = await (await world.worker.fetch("/__faults")).json();
      console.log(what, JSON.stringify({ aborts, faults, twice: twice(fakes).length }));
      assert.ok(vars.ABORTS === "0" ? faults > 0 : aborts > 0, "there were faults");
      assert.ok(twice(fakes).length <= aborts * 25, `${twice(fakes).length}`);
      const results = await (await world.file(`results/${job.id}.json`)).json();
      assert.deepEqual(results.items, job.items);
      await eventually(
        "the expected state",
        async () => {
          const progress = await (await world.kv()).get(`progress:${job.id}`, "json");
          return progress?.state === "done";
        },
        120_000,
      );
    } finally {
      await world.stop();
    }
  });
}

test("after repeated aborts the object is called at once when it works", async () => {
  const vars = { warmer: { ABORTS: "0", FAULTS: "0" } };
  const world = await startWarmer({ wrap: { warmer: FAULTY }, vars });
  try {
    assert.equal((await world.json("/status")).status, 200);
    // Each GET is tried three times.
    await world.worker.fetch("/__break?requests=15");
    for (let n = 0; n < 5; n += 1) {
      assert.equal((await world.json("/status")).status, 502);
    }
    const back = await world.json("/status");
    assert.equal(back.status, 200, JSON.stringify(back.body));
    await world.worker.fetch("/__break?requests=1");
    assert.equal((await world.json("/status")).status, 200, "the retry is answered");
    await world.worker.fetch("/__break?requests=1");
    await world.heartbeat();
    assert.ok((await world.status()).scannedAt > 0, "the heartbeat scanned");
  } finally {
    await world.stop();
  }
});
