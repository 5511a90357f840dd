// The alert rules in docs/alerts: their syntax, their unit tests, and that their metrics exist.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { ROOT } from "../harness/index.mjs";
import { missing } from "../harness/support.mjs";

const FOLDER = path.join(ROOT, "docs", "alerts");
const RULES = readFileSync(path.join(FOLDER, "rules.yml"), "utf8");
const skip = missing("promtool", "package prometheus");

for (const args of [
  ["check", "rules", "rules.yml"],
  ["test", "rules", "rules.test.yml"],
]) {
  test(`promtool ${args[0]} rules`, { skip }, () => {
    const { status, stdout, stderr } = spawnSync("promtool", args, { cwd: FOLDER, encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  });
}

test("every metric of the alert rules exists", () => {
  const operations = readFileSync(path.join(ROOT, "docs", "OPERATIONS.md"), "utf8");
  // A native test of `runtime` compares this list with the metrics in the code.
  const block = operations.slice(operations.indexOf("## Metrics")).split("```")[1] ?? "";
  const known = new Set([...block.matchAll(/^[a-z_]+/gm)].map(([name]) => name));
  known.add("up");
  const expressions = RULES.split("expr:")
    .slice(1)
    .map((part) => part.split(/\n\s+for:/)[0]);
  const names = expressions.join(" ").match(/\b(up|[a-z]+(_[a-z]+)+)\b/g) ?? [];
  assert.ok(names.length >= expressions.length, names.join());
  for (const name of names) assert.ok(known.has(name), `${name} is no metric in docs/OPERATIONS.md`);
});

test("each alert has its meaning and its remedy", () => {
  const count = (/** @type {RegExp} */ pattern) => RULES.match(pattern)?.length ?? 0;
  const alerts = count(/- alert:/g);
  assert.ok(alerts >= 6);
  assert.equal(count(/ summary:/g), alerts);
  assert.equal(count(/ action:/g), alerts);
});
