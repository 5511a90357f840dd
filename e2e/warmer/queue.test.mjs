// R2's event notifications: with the consumer of the config a file starts its job without a cron. A
// producer sends messages of the documented form in place of R2.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { eventually } from "../harness/support.mjs";
import { example, linesOf } from "../system/support.mjs";
import { accounted, startWarmer } from "./harness.mjs";
import { library } from "./fakes.mjs";

const QUEUE = "personal-library-uploads";

/** The config without the wait for a full batch. */
function withConsumer(text) {
  assert.match(text, new RegExp(`^\\[\\[queues\\.consumers\\]\\]\nqueue = "${QUEUE}"$`, "m"));
  return text
    .replace(/^max_batch_timeout = .+$/m, "max_batch_timeout = 1")
    .replace(/^retry_delay = .+$/m, "retry_delay = 1");
}

/** Sends each item of a request's body as a message. */
const PRODUCER = {
  name: "producer",
  modules: true,
  compatibilityDate: "2026-11-17",
  queueProducers: { UPLOADS: QUEUE },
  script: `export default { async fetch(request, env) {
    const messages = await request.json();
    await env.UPLOADS.sendBatch(messages.map((body) => ({ body })));
    return new Response();
  } }`,
};

/** Wraps the built Worker; R2's lists fail while the test demands it. */
const FAULTY = String.raw`
import * as built from "./index.js";
let failing = false;
let lists = 0;
class R2Bucket {}
const faulty = (real) => new Proxy(Object.create(R2Bucket.prototype), {
  get(_, key) {
    if (key === "constructor") return R2Bucket;
    const value = real[key];
    if (typeof value !== "function") return value;
    return async (...args) => {
      if (key === "list") lists += 1;
      if (key === "list" && failing) throw new Error("down");
      return value.apply(real, args);
    };
  },
});
export class LedgerObject extends built.LedgerObject {
  constructor(state, env) { super(state, { ...env, LIBRARY_DATA: faulty(env.LIBRARY_DATA) }); }
}
export default class extends built.default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/__r2") return super.fetch(request);
    failing = searchParams.get("failing") === "true";
    return Response.json({ lists });
  }
}
`;

/** A notification in R2's form. */
function notification(action, key) {
  const object = { key };
  if (!/Delet/.test(action))
    Object.assign(object, { size: 65_536, eTag: "c846ff7a18f28c2e262116d6e8719ef0" });
  return {
    account: "3f4b7e3dcab231cbfdaa90a6a28bd548",
    action,
    bucket: "personal-library-data",
    object,
    eventTime: new Date().toISOString(),
  };
}

describe("with the consumer of the config", () => {
  let world;
  before(async () => {
    world = await startWarmer({
      configs: { warmer: withConsumer },
      extraWorkers: [PRODUCER],
      wrap: { warmer: FAULTY },
      overrides: { LOGGER: example("logger") },
    });
  });
  after(() => world?.stop());

  const send = async (...messages) => {
    const body = JSON.stringify(messages);
    const { status } = await world.stack.worker("producer").fetch("/", { method: "POST", body });
    assert.equal(status, 200);
  };
  const r2 = async (failing) =>
    (await world.worker.fetch(`/__r2?failing=${failing}`)).json().then(({ lists }) => lists);
  const lines = (event, pattern) =>
    world.stack.logs().filter(({ json }) => json?.event === event && pattern.test(json.message));

  test("a file starts its job without a cron", async () => {
    await world.put("uploads/first.csv", library(20, 5));
    await send(notification("PutObject", "uploads/first.csv"));
    const job = await world.done();
    assert.equal(job.file, "uploads/first.csv");
    accounted(job, 20);
    assert.equal(job.items.done, job.items.total);
  });

  test("repeated, late, unrelated and malformed messages do no harm", async () => {
    // Without the plan, which depends on the present time.
    const jobs = async () => (await world.status()).jobs.map(({ plan, ...job }) => job);
    const known = await jobs();
    const lists = await r2(false);
    await send(
      notification("PutObject", "uploads/first.csv"),
      notification("CompleteMultipartUpload", "uploads/first.csv"),
      notification("PutObject", "uploads/gone-again.csv"),
    );
    await eventually("the expected state", async () => (await r2(false)) > lists);
    await sleep(1_500);
    const looked = await r2(false);
    await send(
      notification("DeleteObject", "uploads/first.csv"),
      notification("LifecycleDeletion", "uploads/first.csv"),
      notification("PutObject", "results/first-1.json"),
      "not a notification",
      7,
      null,
      { action: "PutObject" },
    );
    await eventually("the expected state", () => lines("queue", /no event notification/).length >= 4);
    await sleep(2_500);
    assert.equal(lines("queue", /no event notification/).length, 4, "logged once, not retried");
    assert.equal(await r2(false), looked, "none of them causes a scan");
    assert.deepEqual(await jobs(), known);
    assert.equal(lines("alert", /./).length, 0);
    const batches = lines("queue", /no event notification/).map(({ json }) => json.trace_id);
    const spans = linesOf(world.stack, "span");
    for (const trace of batches) {
      const roots = spans.filter((span) => span.traceId === trace && span.parentSpanId === undefined);
      assert.equal(roots.length, 1, `one root span of the batch: ${trace}`);
    }
  });

  test("a failed scan is repeated with the message", async () => {
    await r2(true);
    await world.put("uploads/second.csv", library(10, 5, 500_000_000));
    await send(notification("PutObject", "uploads/second.csv"), notification("DeleteObject", "uploads/x"));
    await eventually(
      "the expected state",
      () => lines("alert", /notification could not wake the ledger/).length > 0,
    );
    assert.equal((await world.status()).jobs.length, 1);
    await r2(false);
    const job = await world.until((job) => job.file === "uploads/second.csv" && job.state === "done");
    accounted(job, 10);
    const alerts = lines("alert", /notification could not wake the ledger/).length;
    await sleep(2_500);
    assert.equal(lines("alert", /notification could not wake the ledger/).length, alerts);
  });

  test("a message sent by hand may be the notification's text", async () => {
    await world.put("uploads/third.csv", library(5, 5, 600_000_000));
    await send(JSON.stringify(notification("CopyObject", "uploads/third.csv")));
    await world.until((job) => job.file === "uploads/third.csv" && job.state === "done");
  });
});
