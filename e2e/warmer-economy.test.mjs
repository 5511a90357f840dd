// What warming a library costs, over the three real Workers: upstream calls and quota units
// against the least possible, writes and object requests against the free plan's day; and then
// every search for every warmed book answers from cache, with no upstream request.
//
// The least possible: one author page an author (the author's search is to be warm), one unit for
// each number that no page of its author holds, those in full bulk calls, one for each title
// without a number that no page brings.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { scratchDir } from "./harness/processes.mjs";
import { startStack } from "./harness/index.mjs";
import { accounted, Warmer } from "./warmer-harness.mjs";
import { isbn13 } from "./warmer-fakes.mjs";

const SOAK = process.env.SOAK === "1";
const [BOOKS, AUTHORS] = SOAK ? [500, 360] : [50, 36];
const FREE_DAY = { kvWrites: 1_000, objectRequests: 100_000, rowsWritten: 100_000, rowsRead: 5_000_000 };

const FIRST = ["Ada", "Bruno", "Carmen", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas"];
const LAST = ["Abbott", "Bergman", "Castillo", "Dufour", "Eriksen", "Fontaine", "Grimaldi", "Haas"];
const THINGS = ["Harbour", "Lantern", "Orchard", "Glacier", "Compass", "Meadow", "Furnace", "Mirror"];
const WORDS = ["Silent", "Crimson", "Forgotten", "Distant", "Hollow", "Gilded", "Restless"];

/** A number as letters, so that names stay names. */
const letters = (n) => [...String(n)].map((digit) => "bcdfghjklm"[digit]).join("a");

function libraryRows() {
  return Array.from({ length: BOOKS }, (_, n) => {
    const a = n % AUTHORS;
    const author = `${FIRST[a % FIRST.length]} ${LAST[a % LAST.length]}${letters(a)}`;
    const title = `The ${WORDS[n % 7]} ${THINGS[n % 8]} of ${LAST[(n * 3) % 8]}${letters(n)}`;
    return { title, author, isbn: isbn13(310_000_000 + n * 77) };
  });
}

const rows = libraryRows();
const csv = ["Title,Author,ISBN", ...rows.map((r) => `${r.title},${r.author},${r.isbn}`)].join("\n");
let world;
let job;

before(async () => {
  const file = path.join(scratchDir("economy"), "library.csv");
  writeFileSync(file, csv);
  const stack = await startStack({
    count: true,
    vars: { leaf: { ISBNDB_PLAN: "enterprise" } },
    emulators: { libraries: [file], args: ["--isbndb-plan", "enterprise", "--complete"] },
  });
  world = new Warmer(stack);
  await world.put("uploads/library.csv", csv);
  await world.heartbeat();
  job = await world.done(SOAK ? 1_200_000 : 120_000);
});
after(() => world?.stop());

test("every row is warm", () => {
  accounted(job, BOOKS);
  assert.equal(job.items.done, job.items.total, JSON.stringify(job.failures));
});

test("at most five in a hundred calls and units over the least possible", async () => {
  const counts = await world.stack.emulators.counts();
  const log = await world.stack.emulators.log();
  const asked = log.requests.filter((request) => request.provider === "isbndb");
  const pages = asked.filter(({ path }) => path.startsWith("/author/")).length;
  const bulk = asked.filter(({ path }) => path === "/books").length;
  console.log("upstream", JSON.stringify({ counts, pages, bulk, spent: job.spent }));
  // Numbers that went into bulk calls are those that no page held.
  const lacked = job.spent.isbndbUnits - pages;
  const least = { units: AUTHORS + lacked, calls: AUTHORS + Math.ceil(lacked / 100) };
  assert.ok(pages <= AUTHORS * 1.05, `${pages} pages for ${AUTHORS} authors`);
  assert.ok(job.spent.isbndbUnits <= least.units * 1.05);
  assert.ok(pages + bulk <= Math.ceil(least.calls * 1.05), `${pages} + ${bulk}, ${least.calls}`);
});

test("under half of the free plan's day", async () => {
  const total = {};
  for (const key of ["leaf", "proxy", "warmer"]) {
    const usage = await world.stack.worker(key).usage();
    console.log(key, JSON.stringify(usage));
    for (const [name, n] of Object.entries(usage)) total[name] = (total[name] ?? 0) + n;
  }
  for (const [name, day] of Object.entries(FREE_DAY)) {
    // The short form warms a tenth.
    const share = ((total[name] ?? 0) * (500 / BOOKS)) / day;
    console.log(name, total[name], `${(share * 100).toFixed(1)} % of a free day for 500 books`);
    assert.ok(share < 0.5, `${name}: ${total[name]}`);
  }
});

test("every search for every warmed book answers from cache", async () => {
  const counts = await world.stack.emulators.counts();
  const proxy = world.stack.worker("proxy");
  const misses = { isbn: 0, author: 0, title: 0 };
  const look = async (kind, where) => {
    const response = await proxy.fetch(where);
    await response.arrayBuffer();
    const cache = response.headers.get("x-cache") ?? "";
    if (!/^(HIT|STALE)/.test(cache)) misses[kind] += 1;
  };
  const q = encodeURIComponent;
  for (const { title, author, isbn } of rows) {
    const core = isbn.slice(3, 12);
    const sum = [...core].reduce((sum, digit, at) => sum + Number(digit) * (10 - at), 0);
    const check = (11 - (sum % 11)) % 11;
    await look("isbn", `/search/auto?q=${isbn}`);
    await look("isbn", `/search/isbn?q=${core}${check === 10 ? "X" : check}`);
    await look("author", `/search/auto?q=${q(author)}`);
    await look("author", `/search/author?q=${q(author)}`);
    await look("title", `/search/auto?q=${q(`${title} ${author}`)}`);
    await look("title", `/search/advanced?title=${q(title)}&author=${q(author)}`);
  }
  console.log("misses", JSON.stringify(misses));
  assert.deepEqual([misses.isbn, misses.author], [0, 0]);
  assert.ok(misses.title <= BOOKS * 2 * 0.02, `${misses.title} of ${BOOKS * 2}`);
  assert.deepEqual(await world.stack.emulators.counts(), counts, "no upstream request");
});
