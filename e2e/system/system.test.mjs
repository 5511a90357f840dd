// The main job over the three real Workers: a library is warmed, searches are answered from cache.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { admin } from "../harness/support.mjs";
import { startStack } from "../harness/index.mjs";
import { readLibrary, searchesOf } from "../harness/library.mjs";
import { scratchDir } from "../harness/processes.mjs";

const QUARTER_HOURLY = "*/15 * * * *";

const LIBRARY = `Title,Author,ISBN13,My Rating
The Hobbit,J.R.R. Tolkien,"=""9780547928227""",5
1984,George Orwell,9780451524935,4
Cien años de soledad,Gabriel García Márquez,978-0-307-47472-8,5
吾輩は猫である,夏目漱石,9784101010014,4
Don Quixote,Miguel de Cervantes Saavedra,9780060934341,3
Meditations,Marcus Aurelius,,5
,,1234,1
Sapiens: A Brief History of Humankind,Yuval Noah Harari,9780062316097,5
"Optics, 2nd Edition",Eugene Hecht,,4
Dune (40th Anniversary Edition),Frank Herbert,,5
Saga: Volume 3,Brian K. Vaughan,9781607069317,4
Saga: Volume 4,Brian K. Vaughan,9781632150776,4
`;

/** Short searches for these titles, and the number of books of the library that each means. */
/** @type {[string, number][]} */
const SHORT_TITLES = [
  ["the hobbit", 1],
  ["sapiens yuval noah harari", 1],
  ["sapiens by yuval noah harari", 1],
  ["Sapiens", 1],
  ["sapiens a brief history of humankind", 1],
  ["optics eugene hecht", 1],
  ["optics", 1],
  ["dune frank herbert", 1],
  ["dune", 1],
  ["saga brian k. vaughan", 2],
  ["saga", 2],
];

/** A stack whose providers know the library; the largest plan, so that no test waits for pace. */
async function startWith(csv) {
  const file = path.join(scratchDir("library"), "library.csv");
  writeFileSync(file, csv);
  return startStack({
    vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
    emulators: { libraries: [file], args: ["--isbndb-plan", "enterprise", "--complete"] },
  });
}

const authorized = { headers: admin };

async function statusOf(stack) {
  const response = await stack.worker("warmer").fetch("/status", authorized);
  assert.equal(response.status, 200);
  return response.json();
}

async function warm(stack, csv, key = "uploads/library.csv") {
  await (await stack.r2("warmer", "LIBRARY_DATA")).put(key, csv);
  assert.equal((await stack.worker("warmer").scheduled(QUARTER_HOURLY)).outcome, "ok");
  const deadline = Date.now() + 120_000;
  for (;;) {
    const { jobs } = await statusOf(stack);
    const job = jobs.find((job) => job.file === key);
    assert.ok(job, `the cron handler found ${key}`);
    if (job.state === "done") return job;
    assert.ok(Date.now() < deadline, `warm within two minutes: ${JSON.stringify(job)}`);
    await sleep(200);
  }
}

const requests = async (stack) =>
  Object.values(await stack.emulators.counts()).reduce((sum, one) => sum + one.requests, 0);

async function search(stack, q) {
  const response = await stack.worker("proxy").fetch(`/search/auto?q=${encodeURIComponent(q)}`);
  return { status: response.status, cache: response.headers.get("x-cache"), body: await response.json() };
}

describe("a library is warmed", () => {
  let stack;
  let job;

  before(async () => {
    stack = await startWith(LIBRARY);
    job = await warm(stack, LIBRARY);
  });
  after(() => stack?.stop());

  test("every row is accounted for", () => {
    assert.deepEqual({ ...job.rows }, { total: 12, valid: 7, repaired: 1, titleAuthor: 3, rejected: 1 });
    const { total, done, notFound, failed } = job.items;
    assert.equal(done + notFound + failed, total, JSON.stringify(job.items));
    const rejected = job.failures.find((failure) => failure.line === 8);
    assert.ok(rejected?.reason, JSON.stringify(job.failures));
  });

  test("every form of every search is a hit and costs no upstream call", async () => {
    const before = await requests(stack);
    assert.ok(before > 0);
    const failed = new Set(job.failures.map((failure) => failure.line));
    const rows = readLibrary(Buffer.from(LIBRARY)).filter((row) => !failed.has(row.line));
    assert.ok(rows.length >= 5, JSON.stringify(job.failures));
    for (const row of rows) {
      for (const q of searchesOf(row)) {
        const answer = await search(stack, q);
        assert.equal(answer.status, 200, q);
        assert.match(answer.cache, /^HIT/, q);
        assert.ok(answer.body.totalItems > 0, q);
      }
    }
    assert.equal(await requests(stack), before);
  });

  test("a title without subtitle, edition or author is a hit, with every book of it", async () => {
    const before = await requests(stack);
    for (const [q, books] of SHORT_TITLES) {
      const { cache, body } = await search(stack, q);
      assert.match(cache, /^HIT/, q);
      assert.ok(body.totalItems >= books, q);
      if (books > 1) {
        const subtitles = body.items.map((item) => item.volumeInfo.subtitle);
        assert.deepEqual(subtitles.sort(), ["Volume 3", "Volume 4"], q);
      }
    }
    assert.equal(await requests(stack), before);
  });

  test("a second run of the cron changes nothing", async () => {
    const before = await requests(stack);
    assert.equal((await stack.worker("warmer").scheduled(QUARTER_HOURLY)).outcome, "ok");
    await sleep(1_500);
    assert.equal(await requests(stack), before);
    const { jobs } = await statusOf(stack);
    assert.equal(jobs.length, 1);
    assert.deepEqual(jobs[0].items, job.items);
    assert.equal(jobs[0].state, "done");
  });

  test("the three Workers are healthy and see their bindings", async () => {
    for (const [key, bindings] of [
      ["isbndb", []],
      ["proxy", ["ISBNDB_WORKER"]],
      ["warmer", ["BOOKS_API_PROXY", "ISBNDB_WORKER"]],
    ]) {
      const response = await stack.worker(key).fetch("/health");
      const body = await response.json();
      assert.equal(response.status, 200, JSON.stringify(body));
      assert.equal(body.status, "healthy", JSON.stringify(body));
      assert.deepEqual(Object.keys(body.serviceBindings ?? {}).sort(), bindings);
      for (const binding of Object.values(body.serviceBindings ?? {})) {
        assert.equal(binding.status, "healthy");
      }
    }
  });
});

describe("a provider is dead", () => {
  let stack;
  before(async () => {
    stack = await startWith(LIBRARY);
  });
  after(() => stack?.stop());

  // First, since the failures below open breakers.
  test("an ISBN that another provider knows is found", async () => {
    await stack.emulators.clear();
    await stack.emulators.faults({ provider: "isbndb", fault: "hang" });
    const answer = await search(stack, "9780547928227");
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.ok(answer.body.totalItems > 0);
  });

  // For each provider a question whose answer is incomplete without it, not asked before.
  for (const [provider, q] of [
    ["isbndb", "J.R.R. Tolkien"],
    ["google", "Cien años de soledad"],
    ["openlibrary", "Don Quixote"],
  ]) {
    test(`${provider}: the search still answers from the others, marked partial`, async () => {
      await stack.emulators.clear();
      await stack.emulators.faults({ provider, fault: "status", status: 500 });
      const answer = await search(stack, q);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.ok(answer.body.totalItems > 0);
      assert.equal(answer.body.partial, true, JSON.stringify(answer.body.providers));
      const names = answer.body.providers.filter((one) => one.count > 0).map((one) => one.name);
      assert.ok(names.length >= 1, JSON.stringify(answer.body.providers));
    });
  }
});
