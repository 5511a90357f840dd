// Outages, spent quota and kills: the warming waits with a reason, resumes by itself, loses nothing
// and repeats nothing. SOAK=1 runs the long forms.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SOAK, admin, eventually, isbn13 } from "../harness/support.mjs";
import { accounted, startWarmer } from "./harness.mjs";
import { library } from "./fakes.mjs";

const BOOKS = SOAK ? 14_601 : 240;
const AUTHORS = SOAK ? 7_000 : 120;

/** As on a paid plan: these libraries have more rows than a free day allows. */
const vars = { warmer: { LIBRARY_ROWS_PER_DAY: "100000000" } };

let world;
before(async () => {
  world = await startWarmer({ vars });
  world.fakes.quota.daily = 100_000;
});
after(() => world?.stop());

/** ISBNs and authors that went upstream more than once. */
const twice = ({ fetched }) =>
  [...fetched].filter(([key, n]) => n > 1 && !key.startsWith("title:")).map(([key]) => key);

test("an outage of a provider, then of a sibling, then a spent day: the library waits, then is done", async () => {
  const { fakes } = world;
  fakes.delayMs = 5;
  await world.post("/upload?name=storm.csv", library(BOOKS, AUTHORS));
  await world.until((job) => job.items.done > AUTHORS / 4, 600_000);

  // 1. A provider answers no request: no item fails, the job shows the reason.
  fakes.itemFault = () => ({ kind: "timeout", provider: "open-library" });
  const down = await world.until((job) => job.waiting?.reason === "open-library: timeout");
  assert.ok(down.waiting.until > Date.now() - 5_000);
  assert.equal(down.items.failed, 0);
  fakes.itemFault = () => undefined;
  await world.until((job) => job.items.done > down.items.done, 60_000);

  // 2. The proxy is down.
  fakes.proxy = "down";
  const gone = await world.until((job) => /books-api-proxy/.test(job.waiting?.reason ?? ""));
  assert.equal(gone.items.failed, 0);
  fakes.proxy = "up";
  // The breaker toward it sends a probe after a second, then two, four, … at most a minute.
  await world.until((job) => job.items.done > gone.items.done, 120_000);

  // 3. The day's quota is spent; a day lasts some seconds.
  const spent = fakes.quota.spent;
  const back = Date.now() + 4_000;
  fakes.quota.daily = spent;
  fakes.quota.resetsAt = () => back;
  const waiting = await world.until((job) => job.waiting?.reason === "isbndb: quota_spent");
  assert.ok(Math.abs(waiting.waiting.until - back) < 1_000);
  fakes.quota.daily = 100_000;
  const job = await world.done(SOAK ? 3_600_000 : 120_000);
  assert.ok(Date.now() >= back);
  accounted(job, BOOKS);
  assert.equal(job.items.failed, 0);
  assert.equal(job.items.done, job.items.total);
  assert.deepEqual(twice(fakes), []);
});

test("killed at random: nothing is lost, nothing goes upstream twice", async () => {
  const { fakes } = world;
  const units = fakes.counts.units;
  fakes.delayMs = 15;
  const from = 400_000_000;
  await world.put("uploads/killed.csv", library(BOOKS, AUTHORS, from).replaceAll("Author", "Writer"));
  await world.heartbeat();
  const kills = SOAK ? 40 : 5;
  for (let n = 0; n < kills; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 500));
    await world.stack.kill();
    await world.stack.restart();
    // The alarm continues by itself; every other time a heartbeat follows.
    if (n % 2) await world.heartbeat();
  }
  const job = await world.done(SOAK ? 3_600_000 : 120_000);
  accounted(job, BOOKS);
  assert.equal(job.file, "uploads/killed.csv");
  assert.equal(job.items.done, job.items.total, JSON.stringify(job.failures));
  // The ISBNdb Worker's cache answers repeated calls: the units are those of a run without kills.
  const authors = AUTHORS;
  const least = authors;
  assert.ok(fakes.counts.units - units >= least);
  assert.ok(fakes.counts.units - units <= authors + BOOKS);
  // Each kill repeats at most one batch.
  assert.ok(twice(fakes).length <= kills * 25, `${twice(fakes).length}`);
});

/** A library of 50 MB with long reviews; with `unusable`, no row can be searched. */
function bigLibrary(rows, unusable) {
  const review = "long and \u201cthoughtful\u201d, ".repeat(134);
  const lines = Array.from({ length: rows }, (_, n) => {
    const id = unusable ? `no isbn ${n}` : isbn13(700_000_000 + n * 7);
    const [title, author] = unusable
      ? ["", ""]
      : [`Volume number ${n}`, `Author Of${"abcdefghij"[n % 10]} ${n % 7_000}`];
    return `${title},"${author}",${id},"${review}${n}"`;
  });
  return `Title,Author,ISBN,My Review\n${lines.join("\n")}\n`;
}

for (const unusable of [false, true]) {
  const what = unusable ? ", every row of which fails," : "";
  test(`a file of 50 MB${what} is read to its end within 32 MB of memory`, { timeout: 900_000 }, async () => {
    // An isolate of its own, since wasm memory never shrinks.
    const world = await startWarmer({ vars });
    try {
      world.fakes.quota.daily = 100_000;
      const rows = 14_601;
      const body = bigLibrary(rows, unusable);
      const bytes = Buffer.byteLength(body);
      assert.ok(bytes >= 50 * 1_048_576, `${bytes}`);
      const started = Date.now();
      const answer = await world.json("/upload?name=big.csv", { method: "POST", body });
      assert.equal(answer.status, 202, JSON.stringify(answer.body));
      // A job whose rows were all rejected ends as failed.
      const job = await world.until((job) => job.state === (unusable ? "failed" : "done"), 600_000);
      accounted(job, rows);
      const failed = unusable ? rows : 0;
      assert.deepEqual([job.readBytes, job.rows.rejected, job.items.failed], [bytes, failed, 0]);
      const file = await eventually("the expected state", async () =>
        (await world.bucket()).head(`results/${job.id}/failures.csv`),
      );
      // The answer comes in pieces; together they are the file.
      const received = { bytes: 0, rows: 0 };
      /** @type {string | undefined} */
      let next = "";
      while (next !== undefined) {
        const piece = await world.worker.fetch(`/jobs/${job.id}/failures.csv${next}`, { headers: admin });
        const text = await piece.text();
        received.bytes += Buffer.byteLength(text);
        received.rows += text.trim().split("\n").length;
        next = /<([^>]+)>; rel="next"/.exec(piece.headers.get("link") ?? "")?.[1];
      }
      assert.deepEqual(received, { bytes: file.size, rows: failed + 1 });
      const { memoryBytes } = await world.status();
      const figures = {
        bytes,
        rows,
        memoryMiB: memoryBytes / 1_048_576,
        secs: (Date.now() - started) / 1_000,
      };
      console.log(`50 MB${what}`, JSON.stringify(figures));
      assert.ok(memoryBytes <= 32 * 1_048_576, `${memoryBytes}`);
    } finally {
      await world.stop();
    }
  });
}

test("a file replaced during its import ends as its last version", async () => {
  const rows = SOAK ? 100_000 : 12_000;
  await world.put("uploads/moving.csv", library(rows, rows / 10, 500_000_000).replaceAll("Author", "Mover"));
  await world.heartbeat();
  await world.until((job) => job.file === "uploads/moving.csv" && job.rows.total > 0);
  await world.put("uploads/moving.csv", library(10, 5, 600_000_000));
  const job = await world.until(
    (job) => job.file === "uploads/moving.csv" && job.state === "done" && job.rows.total === 10,
  );
  accounted(job, 10);
  await eventually("the expected state", async () =>
    (await world.status()).jobs.every((job) => job.state === "done"),
  );
});
