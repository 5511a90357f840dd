// Helpers of the tests of the optional parts.

import { readFileSync } from "node:fs";
import path from "node:path";

import { ROOT, startStack } from "../harness/index.mjs";

/** The token that the example of AUTH accepts. */
export const TOKEN = "s3cret";

export const example = (name) => readFileSync(path.join(ROOT, "examples", name, "index.mjs"), "utf8");

/** The example with its secret bound. */
export const AUTH = `${example("auth").replace("export default", "const example =")}
export default { fetch: (request) => {
  console.log(JSON.stringify({ event: "asked", method: request.method, url: request.url,
    body: request.body !== null }));
  return example.fetch(request, { SECRET_TOKEN: "${TOKEN}" });
} };`;

export async function withStack(options, work) {
  const stack = await startStack(options);
  try {
    return await work(stack);
  } finally {
    await stack.stop();
  }
}

/** The log lines of one event. */
export const linesOf = (stack, event) =>
  stack
    .logs()
    .map((entry) => entry.json)
    .filter((line) => line?.event === event);
