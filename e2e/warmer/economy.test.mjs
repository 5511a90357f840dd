// What warming a library costs, over the three real Workers: upstream calls and units against the
// possible minimum, writes and object requests against the free plan's day. Then every search for
// every warmed book is answered from cache, without an upstream request.
//
// The minimum does not use the warmer's own figures. It is computed from the uploaded CSV and from
// the emulators' catalogue (the ISBN and the author of each book, and so the author's page with the
// book). docs/COSTS.md explains it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { SOAK, isbn13 } from "../harness/support.mjs";
import { scratchDir } from "../harness/processes.mjs";
import { ADMIN_TOKEN, ROOT, startStack } from "../harness/index.mjs";
import { UNPACED } from "../proxy/support.mjs";
import { accounted, HEARTBEAT, VERIFY, Warmer } from "./harness.mjs";

const [BOOKS, AUTHORS] = SOAK ? [500, 360] : [50, 36];
// Small, so that one surplus bulk call shows.
const BULK_SIZE = SOAK ? 10 : 2;
/** The free plan's day; R2's month by 30. 13,000 GB-s are 104,000,000 ms of objects with 128 MB. */
const FREE_DAY = {
  kvReads: 100_000,
  kvWrites: 1_000,
  objectRequests: 100_000,
  objectMs: 104_000_000,
  rowsWritten: 100_000,
  rowsRead: 5_000_000,
  workerRequests: 100_000,
  r2ClassA: 1_000_000 / 30,
  r2ClassB: 10_000_000 / 30,
};

const FIRST = ["Ada", "Bruno", "Carmen", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas"];
const LAST = ["Abbott", "Bergman", "Castillo", "Dufour", "Eriksen", "Fontaine", "Grimaldi", "Haas"];
const THINGS = ["Harbour", "Lantern", "Orchard", "Glacier", "Compass", "Meadow", "Furnace", "Mirror"];
const WORDS = ["Silent", "Crimson", "Forgotten", "Distant", "Hollow", "Gilded", "Restless"];

/** A number as letters, since digits in a name would change its key. */
const letters = (n) => [...String(n)].map((digit) => "bcdfghjklm"[digit]).join("a");
const wrongDigit = (isbn) => isbn.slice(0, 12) + ((Number(isbn[12]) + 1) % 10);

/**
 * The books of the providers' catalogue. `written` is the row of the library's file: three in four
 * are correct, the others have the usual damage.
 */
function makeBooks() {
  return Array.from({ length: BOOKS }, (_, n) => {
    const a = n % AUTHORS;
    const [first, last] = [FIRST[a % FIRST.length], `${LAST[a % LAST.length]}${letters(a)}`];
    const title = `The ${WORDS[n % 7]} ${THINGS[n % 8]} of ${LAST[(n * 3) % 8]}${letters(n)}`;
    const book = { title, author: `${first} ${last}`, isbn: isbn13(310_000_000 + n * 77) };
    const written = { ...book };
    // Some authors are written with an initial: ISBNdb has no such page, their ISBNs go in bulk.
    if (a % 18 === 5) written.author = `${first[0]}. ${last}`;
    else if (n % 10 === 6) written.isbn = wrongDigit(book.isbn);
    else if (n % 10 === 7) written.isbn = "";
    return { ...book, written };
  });
}

const books = makeBooks();
// A wrong last digit that gives the ISBN of another book, by an author who is not in this library.
const unrelated = { title: "Somebody Else's Memoirs", author: "Zoltan Quist", isbn: isbn13(377_000_003) };
const misled = books[9];
misled.written.isbn = wrongDigit(unrelated.isbn);
// Two books with one ISBN, and one book twice.
const doubled = books[12];
books[13].written.isbn = doubled.isbn;
const csvOf = (rows) =>
  ["Title,Author,ISBN", ...rows.map((r) => `${r.title},${r.author},${r.isbn}`)].join("\n");
const uploaded = [...books.map((book) => book.written), books[0].written];
const csv = csvOf(uploaded);
const scratch = scratchDir("economy");
const [file, library] = ["truth.csv", "library.csv"].map((name) => path.join(scratch, name));
let world;
let job;

before(async () => {
  writeFileSync(file, csvOf([...books, unrelated]));
  writeFileSync(library, csv);
  const stack = await startStack({
    count: true,
    vars: {
      isbndb: { ISBNDB_PLAN: "enterprise", ISBNDB_BULK_SIZE: BULK_SIZE },
      // The pace of Open Library is the longest wait, and does not change the counts.
      proxy: SOAK ? {} : UNPACED,
    },
    emulators: { libraries: [file], args: ["--isbndb-plan", "enterprise", "--complete"] },
  });
  if (!SOAK) await stack.emulators.settings({ pace: false });
  world = new Warmer(stack);
  await world.put("uploads/library.csv", csv);
  await world.heartbeat();
  job = await world.done(SOAK ? 1_200_000 : 120_000);
});
after(() => world?.stop());

/** The words of a name in sorted order. */
const nameKey = (name) =>
  name
    .toLowerCase()
    .replace(/[^a-z ]/g, "")
    .split(" ")
    .sort()
    .join(" ");

/** The ISBN with its correct check digit. */
const repaired = (isbn) => isbn13(Number(isbn.slice(3, 12)));

/** The calls and units that any order of calls needs. */
async function leastPossible() {
  const catalogue = (await world.stack.emulators.catalogue()).books;
  const authors = new Set(uploaded.map((row) => nameKey(row.author)));
  // 1. One page for each author, so that the author's own search is warm.
  const onPages = catalogue.filter(
    (book) => book.knownTo.includes("isbndb") && book.authors.some((name) => authors.has(nameKey(name))),
  );
  // 2. One unit for each ISBN that is on none of these pages, in full bulk calls.
  const numbers = new Set(uploaded.filter((row) => row.isbn).map((row) => repaired(row.isbn)));
  for (const book of onPages) numbers.delete(book.isbn13);
  // 3. One search for each title without an ISBN that is not on its author's page.
  const held = (row) =>
    onPages.some(
      (b) => b.title === row.title && b.authors.some((name) => nameKey(name) === nameKey(row.author)),
    );
  const titles = new Set(uploaded.filter((row) => !row.isbn && !held(row)).map((row) => row.title));
  const calls = (bulk) => authors.size + Math.ceil(numbers.size / bulk) + titles.size;
  return {
    authors: authors.size,
    numbers: [...numbers].sort(),
    isbndb: { calls: calls(BULK_SIZE), units: authors.size + numbers.size + titles.size },
    // Open Library: an author's works, and up to a hundred ISBNs a call.
    openLibrary: { calls: calls(100) },
  };
}

test("every row is warm", () => {
  accounted(job, uploaded.length);
  const initials = new Set(books.filter((b) => b.written.author !== b.author).map((b) => b.author));
  // ISBNdb has no author of that name; the page is what Open Library has of the author.
  assert.ok(job.items.notFound <= initials.size, JSON.stringify(job.failures));
  assert.equal(job.items.done + job.items.notFound, job.items.total, JSON.stringify(job.failures));
  assert.ok(job.rows.repaired >= BOOKS / 12, JSON.stringify(job.rows));
});

test("calls and units are at most five percent above the minimum", async () => {
  const least = await leastPossible();
  const counts = await world.stack.emulators.counts();
  const { requests } = await world.stack.emulators.log();
  const asked = requests.filter((request) => request.provider === "isbndb");
  const pages = asked.filter(({ path }) => path.startsWith("/author/"));
  const bulk = asked.filter(({ path, method }) => path === "/books" && method === "POST");
  console.log(
    "upstream",
    JSON.stringify({
      isbndb: counts.isbndb,
      openlibrary: counts.openlibrary,
      google: counts.google,
      pages: pages.length,
      bulk: bulk.map(({ body }) => body.count),
      least: { ...least, numbers: least.numbers.length },
      spent: job.spent,
    }),
  );
  assert.equal(least.authors, AUTHORS);
  assert.ok(least.numbers.length >= 3, "some ISBNs are on no page");
  // Exactly each ISBN that no page holds, once, in as few calls as possible.
  assert.deepEqual(bulk.flatMap(({ body }) => body.isbns).sort(), least.numbers);
  assert.equal(bulk.length, Math.ceil(least.numbers.length / BULK_SIZE));
  const within = (got, most, what) => assert.ok(got <= most * 1.05, `${what}: ${got}, least ${most}`);
  within(counts.isbndb.units, least.isbndb.units, "units of ISBNdb");
  within(counts.isbndb.requests, least.isbndb.calls, "calls to ISBNdb");
  within(counts.openlibrary.requests, least.openLibrary.calls, "calls to Open Library");
  assert.equal(counts.google.requests, 0, "both other providers know every book");
});

/** What the platform would have billed for all Workers so far. */
async function billed() {
  /** @type {Record<string, number>} */
  const total = {};
  for (const key of ["isbndb", "proxy", "warmer"]) {
    for (const [name, n] of Object.entries(await world.stack.worker(key).usage()))
      total[name] = (total[name] ?? 0) + n;
  }
  return total;
}

/** Prints and checks the share of each allowance of the free plan's day. */
function shares(what, used, most) {
  for (const [name, day] of Object.entries(FREE_DAY)) {
    const share = (used[name] ?? 0) / day;
    console.log(
      `${what}: ${name} ${Math.round(used[name] ?? 0)}, ${(share * 100).toFixed(2)} % of a free day`,
    );
    assert.ok(share < most, `${name}: ${used[name]}`);
  }
}

test("warming takes under half of the free plan's day", async () => {
  const used = await billed();
  // The short form warms a tenth of the books.
  const of500 = Object.entries(used).map(([name, n]) => [name, n * (500 / BOOKS)]);
  shares("500 books", Object.fromEntries(of500), 0.5);
});

test("the simulation has the same counts", { skip: !SOAK && "in the long form" }, async () => {
  const [isbndb, proxy, warmer] = await Promise.all(
    ["isbndb", "proxy", "warmer"].map((key) => world.stack.worker(key).usage()),
  );
  const counts = await world.stack.emulators.counts();
  const options = ["run", "--quiet", "--locked", "--profile", "soak", "--package", "simulation", "--"];
  const vars = ["--var", "ISBNDB_PLAN=enterprise", "--var", `ISBNDB_BULK_SIZE=${BULK_SIZE}`];
  const args = [...options, "--library", library, "--catalogue", file, ...vars];
  // Not the synchronous form: connections to the stack end meanwhile, and Node has to see it.
  const { stdout } = await promisify(execFile)("cargo", args, { cwd: ROOT });
  const simulated = JSON.parse(stdout);
  const sum = (name) => [isbndb, proxy, warmer].reduce((sum, usage) => sum + (usage[name] ?? 0), 0);
  const counted = {
    "isbndb calls": counts.isbndb.requests,
    "isbndb units": counts.isbndb.units,
    "openlibrary calls": counts.openlibrary.requests,
    "google calls": counts.google.requests,
    "kv writes": sum("kvWrites"),
    "r2 class A": sum("r2ClassA"),
    "r2 class B": sum("r2ClassB"),
    // Without the test's own requests to /status.
    "object requests": sum("objectRequests") - warmer.workerRequests,
    "rows written": sum("rowsWritten"),
  };
  simulated["r2 class A"] = simulated["r2 writes"] + simulated["r2 lists"];
  simulated["r2 class B"] = simulated["r2 reads"];
  simulated["object requests"] += simulated.alarms;
  for (const [name, real] of Object.entries(counted)) {
    const other = simulated[name] ?? 0;
    console.log(`${name}: ${real} in workerd, ${other} simulated`);
    // Small counts may differ by one step.
    assert.ok(Math.abs(other - real) <= Math.max(real * 0.05, 1), name);
  }
});

test("no wrong book is stored", async () => {
  const proxy = world.stack.worker("proxy");
  const items = [
    { id: "unrelated", kind: "isbn", isbn: unrelated.isbn },
    { id: "misled", kind: "isbn", isbn: misled.isbn },
  ];
  const response = await proxy.fetch("/search/batch", {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    body: JSON.stringify({ cache: "only-if-cached", items }),
  });
  const { results } = await response.json();
  // The ISBN with the wrong digit is another book's: it has no entry.
  assert.deepEqual(results.map(({ id, outcome }) => [id, outcome])[0], ["unrelated", "miss"]);
  for (const { title, isbn, written } of books) {
    if (!written.isbn || written === misled.written || written === books[13].written) continue;
    const found = await (await proxy.fetch(`/book/${isbn}`)).json();
    assert.equal(
      found.volumeInfo.industryIdentifiers.some((id) => id.identifier === isbn),
      true,
    );
    assert.equal(found.volumeInfo.title.toLowerCase(), title.toLowerCase());
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
  for (const { isbn, written } of books) {
    const { title, author } = written;
    // The correct ISBN, if the row's ISBN is correct or can be repaired to it.
    if (written.isbn && repaired(written.isbn) === isbn) {
      const core = isbn.slice(3, 12);
      const sum = [...core].reduce((sum, digit, at) => sum + Number(digit) * (10 - at), 0);
      const check = (11 - (sum % 11)) % 11;
      await look("isbn", `/search/auto?q=${isbn}`);
      await look("isbn", `/search/isbn?q=${core}${check === 10 ? "X" : check}`);
    }
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

/** The cost of a cron until the newest job is as wanted and nothing runs. */
async function costOf(cron, wanted) {
  await world.stack.operations();
  const before = await billed();
  await world.worker.scheduled(cron);
  const reached = await world.until(wanted);
  await world.stack.operations();
  /** @type {[string, number][]} */
  const costs = Object.entries(await billed()).map(([name, n]) => [name, n - (before[name] ?? 0)]);
  return { costs, job: reached };
}

test("an idle day finds every key, queries no provider and takes at most two percent of each allowance", async () => {
  const counts = await world.stack.emulators.counts();
  const verified = await costOf(VERIFY, ({ state, coverage }) => state === "done" && coverage.length === 1);
  const [{ asked, warm, expiring, missing }] = verified.job.coverage;
  assert.deepEqual([asked, warm, expiring, missing], [job.items.done, job.items.done, 0, 0]);
  const isDone = ({ state }) => state === "done";
  await costOf(HEARTBEAT, isDone);
  const heartbeat = await costOf(HEARTBEAT, isDone);
  assert.deepEqual(await world.stack.emulators.counts(), counts, "no upstream request");
  /** @type {Record<string, number>} */
  const day = {};
  for (const [name, n] of heartbeat.costs) day[name] = n * 96;
  for (const [name, n] of verified.costs) {
    // Progress is written to KV by time, not by book.
    const scale = name === "kvWrites" ? 1 : 500 / BOOKS;
    day[name] = (day[name] ?? 0) + n * scale;
  }
  assert.ok(day.objectRequests >= 96, "each heartbeat is counted");
  shares("an idle day", day, 0.02);
});
