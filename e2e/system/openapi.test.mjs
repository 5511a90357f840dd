// The three Workers against the descriptions in openapi/: schemathesis makes requests from the
// examples and bounds, in the long form random ones too.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { ADMIN_TOKEN, ROOT, startStack } from "../harness/index.mjs";
import { SOAK, admin, missing } from "../harness/support.mjs";
import { UNPACED } from "../proxy/support.mjs";

const skip = missing("schemathesis", "pip install schemathesis");

/** No pace, so that no request is limited; with the search log, so that its routes answer. */
const VARS = {
  isbndb: { ISBNDB_PLAN: "enterprise", RATE_LIMIT_MS: "0", ISBNDB_INTERVAL_MS: "1" },
  proxy: {
    ...UNPACED,
    SEARCH_DEADLINE_MS: "9000",
    WARM_SEARCHES: "true",
  },
};

let stack;
before(async () => {
  stack = await startStack({
    vars: VARS,
    emulators: { args: ["--isbndb-plan", "enterprise", "--complete"] },
  });
  await stack.emulators.settings({ pace: false });
  // The job that the examples name.
  const body = "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n";
  const init = { method: "POST", headers: { ...admin, "content-type": "text/csv" }, body };
  assert.equal((await stack.worker("warmer").fetch("/upload?name=library.csv", init)).status, 202);
});
after(() => stack?.stop());

test("the proxy and the warmer serve their descriptions", async () => {
  for (const [key, description] of [
    ["proxy", "books-api-proxy"],
    ["warmer", "cache-warmer"],
  ]) {
    const answer = await fetch(`${stack.urls[key]}/openapi.json`);
    assert.match(answer.headers.get("content-type") ?? "", /^application\/json/, key);
    assert.equal(await answer.text(), readFileSync(path.join(ROOT, `openapi/${description}.json`), "utf8"));
  }
});

/** @param {string} description @param {string} url */
async function run(description, url) {
  const args = [
    ["--config-file", "schemathesis.toml", "run", `${description}.json`, "--url", url],
    ["--header", `Authorization: Bearer ${ADMIN_TOKEN}`],
    SOAK ? ["--phases", "examples,coverage,fuzzing", "--max-time", "300"] : [],
  ];
  const child = spawn("schemathesis", args.flat(), {
    cwd: path.join(ROOT, "openapi"),
    env: { ...process.env, PYTHONPATH: ".", PYTHONDONTWRITEBYTECODE: "1" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output += part));
  const code = await new Promise((done) => child.on("close", done));
  return { code, output };
}

for (const [key, description] of [
  ["isbndb", "isbndb-worker"],
  ["proxy", "books-api-proxy"],
  ["warmer", "cache-warmer"],
]) {
  test(`schemathesis finds nothing at ${description}`, { skip }, async () => {
    const { code, output } = await run(description, stack.urls[key]);
    assert.equal(code, 0, output);
  });
}
