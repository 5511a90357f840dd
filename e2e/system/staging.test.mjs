// The staging environment of the real configs: the same system with other names.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { startStack } from "../harness/index.mjs";
import { scratchDir } from "../harness/processes.mjs";
import { Warmer } from "../warmer/harness.mjs";

test("staging's configs warm a library and serve it", async () => {
  const file = path.join(scratchDir("staging"), "library.csv");
  writeFileSync(file, "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n");
  const stack = await startStack({
    env: "staging",
    vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
    emulators: { libraries: [file], args: ["--isbndb-plan", "enterprise"] },
  });
  const warmer = new Warmer(stack);
  try {
    const names = ["isbndb", "proxy", "warmer"].map((key) => stack.worker(key).name);
    assert.deepEqual(names, [
      "isbndb-biography-worker-staging",
      "books-api-proxy-staging",
      "personal-library-cache-warmer-staging",
    ]);
    await warmer.put("uploads/library.csv", readFileSync(file, "utf8"));
    await warmer.heartbeat();
    const job = await warmer.done();
    assert.equal(job.items.done, job.items.total, JSON.stringify(job));
    const found = await stack.worker("proxy").fetch("/search/isbn?q=9780441172719");
    assert.deepEqual([found.status, found.headers.get("x-cache")?.startsWith("HIT")], [200, true]);
    for (const key of ["proxy", "warmer"]) {
      /** @type {any} */
      const health = await (await stack.worker(key).fetch("/health")).json();
      assert.equal(health.status, "healthy", JSON.stringify(health));
    }
  } finally {
    await warmer.stop();
  }
});
