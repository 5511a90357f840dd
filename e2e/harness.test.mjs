// The harness itself: what it promises to the other tests.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { ROOT, startStack } from "./harness/index.mjs";
import { isbn13Of, readLibrary, searchesOf } from "./harness/library.mjs";

const SAMPLE = path.join(ROOT, "xtask/sample/library.csv");

function isRunning(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie that nobody waits for has ended.
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

test("a test process that is killed leaves no process behind", async () => {
  const script = `
    import { startStack } from "./e2e/harness/index.mjs";
    const stack = await startStack({ emulators: { libraries: [${JSON.stringify(SAMPLE)}] } });
    console.log(JSON.stringify(stack.processIds()));
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const pids = JSON.parse(line);
  assert.ok(pids.length >= 2, "workerd and the emulators");
  assert.deepEqual(pids.map(isRunning), pids.map(() => true));
  child.kill("SIGKILL");
  const deadline = Date.now() + 5_000;
  while (pids.some(isRunning) && Date.now() < deadline) await sleep(50);
  assert.deepEqual(pids.filter(isRunning), []);
});

test("a stack that was killed comes back on the same state and the same ports", async () => {
  const stack = await startStack({ emulators: false });
  try {
    const urls = { ...stack.urls };
    await (await stack.kv("warmer", "WARMING_CACHE")).put("kept", "yes");
    await stack.kill();
    await assert.rejects(stack.worker("proxy").fetch("/health", { timeoutMs: 1_000 }));
    await stack.restart();
    assert.deepEqual(stack.urls, urls);
    assert.equal(await (await stack.kv("warmer", "WARMING_CACHE")).get("kept"), "yes");
  } finally {
    await stack.stop();
  }
});

test("a library is read without the Workers' own code", () => {
  const csv = '\uFEFFTitle;Authors;ISBN/UID;Notes\n"A; ""B""";Ann Lee, Bo Day;978-0-5479-2822-7;"x\ny"\n\nC;;123;\n';
  const rows = readLibrary(Buffer.from(csv));
  assert.deepEqual(rows, [
    { line: 2, title: 'A; "B"', author: "Ann Lee", isbn13: "9780547928227" },
    { line: 5, title: "C", author: "", isbn13: null },
  ]);
  assert.deepEqual(searchesOf(rows[0]), [
    "Ann Lee",
    "9780547928227",
    "978-0-5479-2822-7",
    "054792822X",
  ]);
  assert.deepEqual(searchesOf(rows[1]), ["C"]);
  for (const [cell, isbn] of [
    ['="054792822X"', "9780547928227"],
    ["9780547928228", null],
    ["0547928221", null],
    ["9.78E+12", null],
    ["979-10-90724-51-2", null],
    ["", null],
  ]) {
    assert.equal(isbn13Of(cell), isbn, cell);
  }
});
