// What the tests of the optional parts share.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { ROOT, startStack } from "../harness/index.mjs";

/** The token that the example of AUTH accepts. */
export const TOKEN = "s3cret";

/** The module of an example. */
export const example = (name) => readFileSync(path.join(ROOT, "examples", name, "index.mjs"), "utf8");

/** The example with its secret bound. */
export const AUTH = `${example("auth").replace("export default", "const example =")}
export default { fetch: (request) => {
  console.log(JSON.stringify({ event: "asked", method: request.method, url: request.url,
    body: request.body !== null }));
  return example.fetch(request, { SECRET_TOKEN: "${TOKEN}" });
} };`;

/** Runs a test on a stack of its own. */
export async function withStack(options, work) {
  const stack = await startStack(options);
  try {
    return await work(stack);
  } finally {
    await stack.stop();
  }
}

/** Log lines of one kind. */
export const linesOf = (stack, event) =>
  stack
    .logs()
    .map((entry) => entry.json)
    .filter((line) => line?.event === event);

/** Waits until `check` gives something. */
export async function eventually(what, check, ms = 10_000) {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await check();
    if (found) return found;
    assert.ok(Date.now() < deadline, `${what} within ${ms} ms`);
    await sleep(50);
  }
}
