// `cargo xtask bench cpu`: the CPU time of workerd's main thread for a request, and for the same calls
// from JavaScript. Stores, providers, the ISBNdb Worker and, for the Worker's own part, its objects are replaced by
// stubs in front of the built Worker, which replay their first answer.

import { readFileSync } from "node:fs";

import { importSlice } from "./cpu/import.mjs";
import { startStack } from "../harness/index.mjs";
import { median } from "../harness/load.mjs";
import { admin, isbn13 } from "../harness/support.mjs";
import { UNPACED } from "../proxy/support.mjs";

const ROUNDS = Number(process.argv[2] ?? 9);
const REPEATED = 1_000;

const STUBS = `
import * as built from "./index.js";
export * from "./index.js";

/** What is replaced by stubs; the calls of a request are recorded under this mode. */
let mode = { stores: false, objects: false };
const answers = new Map();
let calls;
let lines;
const floors = new Map();

const log = console.log;
console.log = (line) => {
  lines?.push(line);
  log(line);
};

/** Makes a call, and records how to repeat it. */
const noted = (make, read) => {
  calls?.push(async () => read?.(await make()));
  return make();
};

const parsed = async (response) => {
  const text = await response.text();
  if (text.startsWith("{")) JSON.parse(text);
};

/** The first answer to a request, repeated for equal requests. */
async function replayed(name, request, send) {
  const key = name + request.method + request.url + (request.body ? await request.clone().text() : "");
  let answer = answers.get(key);
  if (!answer) {
    const response = await send(request);
    const body = response.status === 204 ? null : await response.arrayBuffer();
    answers.set(key, (answer = { status: response.status, headers: [...response.headers], body }));
  }
  const again = () => new Response(answer.body, { status: answer.status, headers: answer.headers });
  calls?.push(async () => {
    const sent = new Request(request.url, { method: "POST", headers: [...request.headers], body: key });
    await sent.text();
    await parsed(again());
  });
  return again();
}

class KvNamespace {
  getWithMetadata() { return noted(async () => ({ value: null, metadata: null })); }
  async put() {}
  async delete() {}
}
class R2Bucket {
  head() { return noted(async () => null); }
  get() { return noted(async () => null); }
  put(key, value, options) {
    return noted(async () => ({
      key, size: value.byteLength, etag: "e", httpEtag: '"e"', version: "v", uploaded: new Date(),
      customMetadata: { ...options.customMetadata }, bytes: new Uint8Array(value).length,
    }));
  }
}
const Fetcher = class Fetcher {
  constructor(name, real) { this.name = name; this.real = real; }
  fetch(request, init) {
    return replayed(this.name, new Request(request, init), (sent) => this.real.fetch(sent));
  }
};
class DurableObjectStub extends Fetcher {}
class DurableObjectNamespace {
  constructor(name, real) { this.name = name; this.real = real; }
  getByName(name) { return new DurableObjectStub(this.name + name, this.real.getByName(name)); }
  get(id) { return new DurableObjectStub(this.name + id, this.real.get(id)); }
  idFromName(name) { return this.real.idFromName(name); }
}

const realFetch = globalThis.fetch;
globalThis.fetch = (request, init) =>
  mode.stores ? replayed("fetch", new Request(request, init), (sent) => realFetch(sent)) : realFetch(request, init);

const objects = (env, names) =>
  Object.fromEntries(names.map((name) => [name, new DurableObjectNamespace(name, env[name])]));
const stores = (env) => ({
  ...env,
  CACHE: new KvNamespace(),
  API_CACHE_COLD: new R2Bucket(),
  ISBNDB_WORKER: new Fetcher("ISBNDB_WORKER", env.ISBNDB_WORKER),
});

async function makeAgain(name) {
  const { calls } = floors.get(name);
  for (let at = 0; at < calls.length; at += 6) await Promise.all(calls.slice(at, at + 6).map((call) => call()));
}

export class BatchObject extends built.BatchObject {
  constructor(state, env) {
    super(state, { ...stores(env), ...objects(env, ["PROVIDER_LIMITER", "FLIGHT"]) });
  }
  async fetch(request) {
    const name = request.headers.get("x-floor");
    if (!name) return super.fetch(request);
    await request.text();
    await makeAgain(name);
    return new Response(floors.get(name).body);
  }
}

export default class extends built.default {
  constructor(ctx, env) {
    const stubbed = mode.stores ? stores(env) : env;
    super(ctx, mode.objects ? { ...stubbed, ...objects(env, ["FLIGHT", "BATCH", "PROVIDER_LIMITER"]) } : stubbed);
    this.own = env;
  }
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/__mode") {
      mode = await request.json();
      return new Response(null, { status: 204 });
    }
    const name = searchParams.get("floor");
    if (name !== null) return this.floor(request, name);
    if (request.headers.has("x-repeat")) return this.repeat(request);
    if (!request.headers.has("x-record")) return super.fetch(request);
    [calls, lines] = [[], []];
    const response = await super.fetch(request);
    const body = await response.arrayBuffer();
    floors.set(request.headers.get("x-record"), { calls, lines, body, headers: [...response.headers] });
    [calls, lines] = [undefined, undefined];
    return new Response(body, response);
  }
  /** Answers a request many times, without HTTP and without the log's output. */
  async repeat(request) {
    const write = console.log;
    console.log = () => {};
    let hits = 0;
    try {
      for (let n = Number(request.headers.get("x-repeat")); n > 0; n -= 1) {
        const { headers } = await super.fetch(request);
        if (headers.get("x-cache") === "HIT-MEMORY") hits += 1;
      }
    } finally {
      console.log = write;
    }
    return new Response(String(hits));
  }
  async floor(request, name) {
    const { lines, body, headers } = floors.get(name);
    if (request.body) await request.text();
    for (const line of lines) console.log(line);
    if (searchParamsOf(request).has("object")) {
      const init = { method: "POST", headers: { "x-floor": name }, body: "{}" };
      await (await this.own.BATCH.getByName("admin").fetch("https://batch.internal/", init)).arrayBuffer();
    } else await makeAgain(name);
    return new Response(body, { headers });
  }
}
const searchParamsOf = (request) => new URL(request.url).searchParams;
`;

/** Nanoseconds of CPU time of the main thread. */
const nanoseconds = (pid) => Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ")[0]);

const report = {};
const note = (name, seen) => {
  const figure = (field) => median(seen.map((one) => one[field])).toFixed(3);
  report[name] = { "measured ms": figure("whole"), "floor ms": figure("base"), "own ms": figure("own") };
};

/** CPU time in ms of a hit that the Worker answers to itself: its code, the request and the response. */
async function repeated(proxy, path, pid) {
  const seen = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const before = nanoseconds(pid);
    const response = await proxy.fetch(path, { headers: { ...admin, "x-repeat": String(REPEATED) } });
    const hits = await response.text();
    if (hits !== String(REPEATED)) throw new Error(`${hits} hits of ${REPEATED}`);
    const whole = (nanoseconds(pid) - before) / REPEATED / 1e6;
    // The first round compiles the code.
    if (round > 0) seen.push({ whole, base: 0, own: whole });
  }
  return seen;
}

const stack = await startStack({
  workers: ["isbndb", "proxy"],
  vars: {
    isbndb: { ISBNDB_PLAN: "enterprise" },
    proxy: UNPACED,
  },
  wrap: { proxy: STUBS },
  emulators: { args: ["--isbndb-plan", "enterprise", "--complete"] },
});
try {
  const [pid] = stack.workerdPids();
  const proxy = stack.worker("proxy");
  await stack.emulators.settings({ pace: false });
  const { books: all } = await stack.emulators.catalogue();
  const books = all.filter((book) => book.isbn13 && (book.kind === "listed" || book.kind === "further"));
  const byAuthor = Object.entries(Object.groupBy(books, (book) => book.authors[0])).sort(
    ([, a = []], [, b = []]) => b.length - a.length,
  );
  const [author] = byAuthor[0];
  const setMode = (mode) => proxy.fetch("/__mode", { method: "POST", body: JSON.stringify(mode) });
  let clients = 0;
  const anonymous = () => {
    clients += 1;
    return { "cf-connecting-ip": `10.${clients >> 16}.${(clients >> 8) & 255}.${clients & 255}` };
  };
  const batchOf = (items) => ({ method: "POST", headers: admin, body: JSON.stringify({ items }) });
  const isbns = batchOf(books.slice(0, 20).map((b, at) => ({ id: `${at}`, kind: "isbn", isbn: b.isbn13 })));
  const titled = batchOf(
    books
      .slice(0, 20)
      .map((b, at) => ({ id: `${at}`, kind: "isbn", isbn: b.isbn13, title: b.title, author: b.authors[0] })),
  );
  const libraryBook = (b) => ({ id: b.isbn13, isbn: b.isbn13, title: b.title });
  const authors = batchOf(
    byAuthor
      .slice(0, 5)
      .map(([name, [b] = []]) => ({ id: name, kind: "author", name, books: b ? [libraryBook(b)] : [] })),
  );
  const shelf = batchOf([
    {
      id: "a",
      kind: "author",
      name: author,
      books: Array.from({ length: 40 }, (_, n) => ({
        id: `${n}`,
        isbn: isbn13(10_000_000 + n),
        title: byAuthor.flatMap(([, own = []]) => own)[n % books.length].title,
      })),
    },
  ]);
  const search = "/search/auto?q=dune&maxResults=40";
  const inObject = { stores: true, objects: false };
  const inWorker = { stores: true, objects: true };
  /** @type {any[]} */
  const cases = [
    { name: "hit in memory", path: search, mode: {}, runs: 200, hits: true, repeat: true },
    { name: "hit cut to 10", path: "/search/auto?q=dune&maxResults=10", mode: {}, runs: 100, hits: true },
    {
      name: "public miss, the Worker's part",
      path: search,
      mode: inWorker,
      runs: 100,
      init: () => ({ headers: anonymous() }),
    },
    ...[
      ["20 ISBNs", isbns],
      ["20 ISBNs with titles", titled],
      ["5 authors, a book each", authors],
      ["an author with 40 library books", shelf],
    ].flatMap(([name, init]) => [
      {
        name: `batch of ${name}, the Worker's part`,
        path: "/search/batch",
        mode: inWorker,
        runs: 30,
        init: () => init,
      },
      {
        name: `batch of ${name}, with its object`,
        path: "/search/batch",
        mode: inObject,
        runs: 10,
        init: () => init,
        object: true,
      },
    ]),
  ];
  for (const { name, path, mode, runs, hits, repeat, object, init = () => ({ headers: admin }) } of cases) {
    await setMode(mode);
    const send = async (target, more = {}) => {
      const one = init();
      const response = await proxy.fetch(target, { ...one, headers: { ...one.headers, ...more } });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${name}: ${response.status} ${text}`);
      return response;
    };
    // The just-in-time compiler has compiled the code, a hit is in memory, and the stubs have their answers.
    for (let n = 0; n < 30; n += 1) {
      const { headers } = await send(path);
      if (hits && n > 5 && headers.get("x-cache") === "HIT-MEMORY") break;
    }
    await send(path, { "x-record": name });
    const floor = `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams({ floor: name, ...(object && { object: "1" }) })}`;
    const measure = async (target) => {
      const before = nanoseconds(pid);
      for (let n = 0; n < runs; n += 1) await send(target);
      return (nanoseconds(pid) - before) / runs / 1e6;
    };
    await measure(floor);
    const seen = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const base = await measure(floor);
      const whole = await measure(path);
      seen.push({ whole, base, own: whole - base });
    }
    note(name, seen);
    if (repeat) note(`${name}, without HTTP`, await repeated(proxy, path, pid));
  }
} finally {
  await stack.stop();
}
note("slice of 500 rows of an import", await importSlice(ROUNDS, nanoseconds));
console.table(report);
