// Tests of the harness itself.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { ADMIN_TOKEN, ROOT, startStack } from "./index.mjs";
import { isbn13Of, readLibrary, searchesOf } from "./library.mjs";
import { scratchDir } from "./processes.mjs";

const SAMPLE = path.join(ROOT, "xtask/sample/library.csv");

function isRunning(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie counts as ended. The state is in /proc on Linux, elsewhere from ps.
  const state = existsSync("/proc/self/stat")
    ? stateInProc(pid)
    : spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
  return state !== "" && !state.startsWith("Z");
}

function stateInProc(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "";
  } catch {
    return "";
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
  assert.deepEqual(
    pids.map(isRunning),
    pids.map(() => true),
  );
  child.kill("SIGKILL");
  const deadline = Date.now() + 5_000;
  while (pids.some(isRunning) && Date.now() < deadline) await sleep(50);
  assert.deepEqual(pids.filter(isRunning), []);
});

test("a killed stack restarts with its state and ports", async () => {
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
  const csv =
    '\uFEFFTitle;Authors;ISBN/UID;Notes\n"A; ""B""";Ann Lee, Bo Day;978-0-5479-2822-7;"x\ny"\n\nC;;123;\n';
  const rows = readLibrary(Buffer.from(csv));
  assert.deepEqual(rows, [
    { line: 2, title: 'A; "B"', author: "Ann Lee", isbn13: "9780547928227" },
    { line: 5, title: "C", author: "", isbn13: null },
  ]);
  assert.deepEqual(searchesOf(rows[0]), ["Ann Lee", "9780547928227", "978-0-5479-2822-7", "054792822X"]);
  assert.deepEqual(searchesOf(rows[1]), ["C"]);
  for (const [cell, isbn] of [
    ['="054792822X"', "9780547928227"],
    ["9780547928228", null],
    ["0547928221", null],
    ["9.78E+12", null],
    ["979-10-90724-51-2", null],
    ["", null],
  ]) {
    assert.equal(isbn13Of(cell), isbn, `${cell}`);
  }
});

test("translators and editors are not read as the author", () => {
  const cells = {
    "Ann Lee": "Ann Lee",
    "Tolkien, J.R.R.": "Tolkien, J.R.R.",
    "Neil Gaiman & Terry Pratchett": "Neil Gaiman",
    "Helena Fraga (Translator), Kenneth Haigh (Narrator), Dan Simmons": "Dan Simmons",
    "Ann Lee (Author), Bo Day (Editor)": "Ann Lee (Author)",
    "Bo Day (Editor)": "",
    Unknown: "",
    "": "",
  };
  const csv = `Title;Author\n${Object.keys(cells)
    .map((cell) => `T;${cell}`)
    .join("\n")}\n`;
  assert.deepEqual(
    readLibrary(Buffer.from(csv)).map((row) => row.author),
    Object.values(cells),
  );
});

test("a library is read in any encoding", () => {
  const csv = "creators;title;ean_isbn13\r\nGabriel García Márquez;Cien años de soledad;9780307474728\r\n";
  const expected = [
    { line: 2, title: "Cien años de soledad", author: "Gabriel García Márquez", isbn13: "9780307474728" },
  ];
  const big = Buffer.from(`\uFEFF${csv}`, "utf16le").swap16();
  for (const [name, bytes] of [
    ["UTF-8", Buffer.from(csv)],
    ["UTF-16, little end first", Buffer.from(`\uFEFF${csv}`, "utf16le")],
    ["UTF-16, big end first", big],
    ["windows-1252", Buffer.from(csv, "latin1")],
  ]) {
    assert.deepEqual(readLibrary(bytes), expected, `${name}`);
  }
  const stray = Buffer.concat([Buffer.from(csv), Buffer.from("A \xa0 B;C;\r\n", "latin1")]);
  assert.deepEqual(readLibrary(stray).slice(0, 1), expected, "one stray byte");
});

test("the driver names every failed line", async () => {
  const file = path.join(scratchDir("library"), "many.csv");
  const bad = Array.from({ length: 30 }, (_, n) => `,"Nobody\n${n}",12${n}\n`);
  writeFileSync(file, `Title,Author,ISBN13\nThe Hobbit,J.R.R. Tolkien,9780547928227\n${bad.join("")}`);
  const child = spawn(process.execPath, [path.join(ROOT, "e2e/harness/driver.mjs")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last = 0;
  const call = async (action, args) => {
    child.stdin.write(`${JSON.stringify({ ...args, id: ++last, do: action })}\n`);
    const { id, ok, error } = JSON.parse((await lines.next()).value ?? "null");
    assert.equal(id, last);
    assert.equal(error, undefined);
    return ok;
  };
  try {
    await call("start", { options: { emulators: { libraries: [file] } } });
    const upload = { worker: "warmer", binding: "LIBRARY_DATA", key: "uploads/many.csv", file };
    await call("upload", upload);
    await call("scheduled", { worker: "warmer", cron: "*/15 * * * *" });
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const jobs = async () =>
      JSON.parse((await call("fetch", { worker: "warmer", path: "/status", headers })).body).jobs;
    const deadline = Date.now() + 30_000;
    while ((await jobs())[0].state !== "done") {
      assert.ok(Date.now() < deadline, "warm within 30 s");
      await sleep(200);
    }
    const failed = await call("failedLines", { job: "many-1", token: ADMIN_TOKEN });
    // A record of two lines each, from line 3.
    assert.deepEqual(
      failed,
      bad.map((_, n) => 3 + 2 * n),
    );
  } finally {
    child.stdin.end();
    await ended;
  }
});
