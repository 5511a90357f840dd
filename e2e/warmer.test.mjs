// The warmer in workerd, its siblings played by the test: upload → cron → warm, counted to the row.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ADMIN_TOKEN, startStack } from "./harness/index.mjs";
import { FakeSiblings, isbn13, library } from "./warmer-fakes.mjs";

const HEARTBEAT = "*/15 * * * *";
const VERIFY = "0 2 * * *";
const admin = { authorization: `Bearer ${ADMIN_TOKEN}` };

/** A warmer with its own siblings. */
export async function startWarmer(options = {}) {
  const fakes = await new FakeSiblings().start();
  const stack = await startStack({
    workers: ["warmer"], emulators: false, overrides: fakes.overrides, ...options,
  });
  const warmer = stack.worker("warmer");
  const json = async (path, init = {}) => {
    const response = await warmer.fetch(path, { headers: admin, ...init });
    const text = await response.text();
    return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
  };
  const world = {
    fakes, stack, warmer, json,
    bucket: await stack.r2("warmer", "LIBRARY_DATA"),
    kv: await stack.kv("warmer", "WARMING_CACHE"),
    status: async () => (await json("/status")).body,
    job: async (place = 0) => (await json("/status")).body.jobs[place],
    /** A file of the bucket, once it is there. */
    file: (key) => soon(() => world.bucket.get(key)),
    /** Waits until the newest job is as asked. */
    until: async (wanted, timeoutMs = 60_000) => {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const status = await world.status();
        if (wanted(status.jobs?.[0], status)) return status.jobs[0];
        if (Date.now() > deadline) {
          throw new Error(`not in time: ${JSON.stringify(status, null, 1).slice(0, 4000)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop: async () => {
      await stack.stop();
      await fakes.stop();
    },
  };
  return world;
}

/** What `look` gives once it gives something. */
export async function soon(look, timeoutMs = 20_000) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error("not in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const isDone = (job) => job?.state === "done";

/** Every row ended somewhere, and the counters say so. */
function accounted(job, rows) {
  const { total, valid, repaired, titleAuthor, rejected } = job.rows;
  assert.equal(total, rows);
  assert.equal(valid + repaired + titleAuthor + rejected, rows);
  const { done, pending, deferred, failed, notFound } = job.items;
  assert.equal(done + pending + deferred + failed + notFound, job.items.total);
}

let world;
before(async () => {
  world = await startWarmer();
});
after(() => world?.stop());

test("a file dropped into the bucket is warm after the cron, every row accounted for", async () => {
  const { bucket, fakes, warmer } = world;
  const rows = [
    "Title,Author,ISBN",
    `Dune,Frank Herbert,9780441172719`,
    `Dune Messiah,Frank Herbert,${isbn13(441_172_698)}`,
    `No Number,Some Body,`,
    `Unknown,Nobody Known,${isbn13(555_123_456)}`,
    `Wrong Digit,Somebody Else,9781594633661`,
    `,,9780441172718`,
    `Dune,Frank Herbert,0441172717`,
  ];
  fakes.unknown.add(isbn13(555_123_456));
  await bucket.put("uploads/first.csv", rows.join("\n"));
  await bucket.put("astray.csv", "x");
  await warmer.scheduled(HEARTBEAT);
  const job = await world.until(isDone);
  accounted(job, 7);
  assert.deepEqual(job.rows, { total: 7, valid: 4, repaired: 1, titleAuthor: 1, rejected: 1 });
  assert.equal(job.items.notFound, 1);
  assert.equal(job.items.failed, 0);
  assert.deepEqual(job.failures.map((failure) => failure.line).sort(), [5, 7]);
  for (const key of ["isbn:9780441172719", "author:frank herbert", "title:dune|frank herbert",
    "title:no number|some body", "isbn:9781594633669"]) {
    assert.ok(fakes.cache.has(key), key);
  }
  const status = await world.status();
  assert.deepEqual(status.warnings, ["astray.csv is not read: move it to uploads/astray.csv"]);
});

test("results and progress are written, failures as they can be mended", async () => {
  const { kv } = world;
  const job = await world.job();
  const results = await (await world.file(`results/${job.id}.json`)).json();
  assert.equal(results.state, "done");
  const failures = await (await world.file(`results/${job.id}/failures.csv`)).text();
  assert.match(failures, /^line,reason,Title,Author,ISBN\n5,.*Unknown,Nobody Known/);
  const progress = await soon(async () => {
    const progress = await kv.get(`progress:${job.id}`, "json");
    return progress?.state === "done" && progress;
  });
  assert.equal(progress.state, "done");
  assert.deepEqual(progress.items, results.items);
});

test("a second cron, and two at once, do nothing twice", async () => {
  const { fakes, warmer } = world;
  const before = { ...fakes.counts };
  await Promise.all([warmer.scheduled(HEARTBEAT), warmer.scheduled(HEARTBEAT)]);
  await warmer.scheduled(HEARTBEAT);
  assert.deepEqual(fakes.counts, before);
  assert.equal((await world.status()).jobs.length, 1);
});

test("only the person may ask, health and the page's shell apart", async () => {
  const { warmer } = world;
  for (const [method, path] of [["GET", "/status"], ["POST", "/warm"], ["POST", "/upload"],
    ["GET", "/jobs/first-1"], ["POST", "/jobs/first-1/cancel"], ["GET", "/nothing"]]) {
    for (const headers of [{}, { authorization: "Bearer wrong" }]) {
      const response = await warmer.fetch(path, { method, headers });
      assert.equal(response.status, 401, `${method} ${path}`);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
    }
  }
  assert.equal((await warmer.fetch("/")).status, 200);
  const health = await warmer.fetch("/health");
  assert.equal(health.status, 200, await health.clone().text());
  const body = await health.json();
  assert.equal(body.status, "healthy");
  assert.equal(body.serviceBindings.BOOKS_API_PROXY.status, "healthy");
  assert.equal(body.secrets.ADMIN_TOKEN, true);
  assert.equal((await world.json("/tick?cron=x", { method: "POST" })).status, 404);
});
