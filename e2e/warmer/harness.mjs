// A warmer whose siblings are fakes of the test, and helpers.

import assert from "node:assert/strict";

import { admin, eventually } from "../harness/support.mjs";
import { startStack } from "../harness/index.mjs";
import { FakeSiblings } from "./fakes.mjs";

export const HEARTBEAT = "*/15 * * * *";
export const VERIFY = "0 2 * * *";

/**
 * A stack with the warmer alone, or with `options` of the harness.
 *
 * @param {{ overrides?: Record<string, string>, [option: string]: any }} options overrides of the warmer's bindings
 */
export async function startWarmer({ overrides = {}, ...options } = {}) {
  const fakes = await new FakeSiblings().start();
  try {
    const stack = await startStack({
      workers: ["warmer"],
      emulators: false,
      overrides: { warmer: { ...fakes.overrides.warmer, ...overrides } },
      ...options,
    });
    return new Warmer(stack, fakes);
  } catch (error) {
    await fakes.stop();
    throw error;
  }
}

export class Warmer {
  constructor(stack, fakes) {
    this.stack = stack;
    this.fakes = fakes;
  }

  get worker() {
    return this.stack.worker("warmer");
  }

  async bucket() {
    return this.stack.r2("warmer", "LIBRARY_DATA");
  }

  async kv() {
    return this.stack.kv("warmer", "WARMING_CACHE");
  }

  async json(path, init = {}) {
    const response = await this.worker.fetch(path, { headers: admin, ...init });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    return { status: response.status, body: isJson ? JSON.parse(text) : text };
  }

  post(path, body) {
    return this.json(path, { method: "POST", body });
  }

  async put(key, text) {
    await (await this.bucket()).put(key, text);
  }

  /** A file of the bucket, as soon as it exists. */
  file(key) {
    return eventually("the expected state", async () => (await this.bucket()).get(key));
  }

  heartbeat() {
    return this.worker.scheduled(HEARTBEAT);
  }

  async status() {
    return (await this.json("/status")).body;
  }

  /** Waits until the newest job is as wanted. */
  async until(wanted, timeoutMs = 60_000) {
    let last;
    try {
      return await eventually(
        "the expected state",
        async () => {
          last = await this.status();
          const job = last.jobs?.[0];
          return job && wanted(job, last) ? job : undefined;
        },
        timeoutMs,
      );
    } catch (error) {
      throw new Error(`${error}: ${JSON.stringify(last)?.slice(0, 3000)}`);
    }
  }

  done(timeoutMs) {
    return this.until((job) => job.state === "done", timeoutMs);
  }

  async stop() {
    await this.stack?.stop();
    await this.fakes?.stop();
  }
}

/** Checks that each row has an outcome and that the counters agree. */
export function accounted(job, rows) {
  const { total, valid, repaired, titleAuthor, rejected } = job.rows;
  assert.equal(total, rows);
  assert.equal(valid + repaired + titleAuthor + rejected, rows);
  const { done, pending, deferred, failed, notFound } = job.items;
  assert.equal(done + pending + deferred + failed + notFound, job.items.total);
}
