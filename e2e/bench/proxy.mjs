// `cargo xtask bench proxy`: the proxy's hits against a minimal Worker, and its miss against the slowest
// provider. Interleaved rounds in one run; medians; only the ratios are comparable.

import { setTimeout as sleep } from "node:timers/promises";

import { ADMIN_TOKEN, startStack } from "../harness/index.mjs";
import { DEFAULT_SECRETS } from "../harness/config.mjs";
import { median, throughput } from "../harness/load.mjs";

const ROUNDS = Number(process.argv[2] ?? 15);
const ROUND_MS = Number(process.argv[3] ?? 400);
// The first misses of an isolate compile the code of a miss, the next ones run before the just-in-time
// compiler has optimised it. Both are reported, since a Worker's isolates are of every age.
const COLD_COMPILE = 5;
const COLD_WARM = 80;
const COLD_PAUSE_MS = 400;
const PATH = "/search/auto?q=dune&maxResults=40";
const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };

// The floor: the same value from the same store. It copies the headers and the log line of the proxy's
// answer (sent once to `/like`), so that both Workers send equally many bytes.
const FLOOR = `
let like;
const answer = (body, envelope) => {
  console.log(JSON.stringify(like.line));
  return new Response(body, { headers: { ...like.headers, etag: '"' + envelope.e + '"' } });
};
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/like") {
      like = await request.json();
      return new Response(null, { status: 204 });
    }
    if (pathname === "/cold") {
      const headers = JSON.parse(searchParams.get("h"));
      await Promise.all(searchParams.getAll("u").map(async (u) => (await fetch(u, { headers })).text()));
      return new Response("{}");
    }
    if (pathname === "/r2") {
      const object = await env.API_CACHE_COLD.get(searchParams.get("key"));
      return answer(object.body, JSON.parse(object.customMetadata.envelope));
    }
    const { value, metadata } = await env.CACHE.getWithMetadata(searchParams.get("key"), { type: "stream" });
    return answer(value, JSON.parse(metadata));
  },
};`;

// A KV that is always empty, so that every hit comes from R2.
const EMPTY_KV = `
import * as built from "./index.js";
export * from "./index.js";
const CACHE = { getWithMetadata: async () => ({ value: null, metadata: null }), put: async () => {} };
let empty;
export default class extends built.default {
  constructor(ctx, env) { super(ctx, (empty ??= { ...env, CACHE })); }
}`;

async function start(vars, wrap) {
  const stack = await startStack({
    workers: ["isbndb", "proxy"],
    vars: { isbndb: { ISBNDB_PLAN: "enterprise" }, proxy: vars },
    wrap: wrap ? { proxy: wrap } : {},
    emulators: { args: ["--isbndb-plan", "enterprise"] },
    extraWorkers: [
      {
        name: "floor",
        modules: true,
        script: FLOOR,
        compatibilityDate: "2026-11-17",
        kvNamespaces: { CACHE: "personal-library-cache" },
        r2Buckets: { API_CACHE_COLD: "personal-library-data" },
      },
    ],
  });
  return stack;
}

/** Repeats a request until a tier answers, and sends headers and log line of the hit to the floor. */
async function warmed(stack, tier) {
  for (let n = 0; n < 40; n += 1) {
    const response = await stack.worker("proxy").fetch(PATH, { headers });
    await response.arrayBuffer();
    await sleep(200);
    if (response.headers.get("x-cache") !== tier) continue;
    const own = Object.fromEntries(response.headers);
    for (const name of ["connection", "content-length", "date", "keep-alive", "transfer-encoding"])
      delete own[name];
    const line = stack.logs().findLast((entry) => entry.json?.event === "request").json;
    const body = JSON.stringify({ headers: own, line });
    return stack.worker("floor").fetch("/like", { method: "POST", body });
  }
  throw new Error(`never ${tier}`);
}

const kv = await start({ MEMORY_TIER_BYTES: "0" });
const r2 = await start({ MEMORY_TIER_BYTES: "0" }, EMPTY_KV);
const memory = await start({});
const report = {};
try {
  await warmed(kv, "HIT-KV-HOT");
  await warmed(r2, "HIT-R2-COLD");
  await warmed(memory, "HIT-MEMORY");
  const keys = await (await kv.kv("proxy", "CACHE")).list();
  const hot = keys.keys[0].name;
  const floorKv = `${kv.urls.floor}/kv?key=${encodeURIComponent(hot)}`;
  const floorR2 = `${r2.urls.floor}/r2?key=${encodeURIComponent(`api-cache/${hot}`)}`;
  const runs = [
    ["kv hit", kv.urls.proxy + PATH, "hit-kv-hot", floorKv],
    ["r2 hit", r2.urls.proxy + PATH, "hit-r2-cold", floorR2],
    ["memory hit", memory.urls.proxy + PATH, "hit-memory", floorKv],
  ];
  const seen = {};
  for (let round = 0; round < ROUNDS + 1; round += 1) {
    for (const [name, url, expect, floor] of runs) {
      for (const connections of [1, 16]) {
        const options = { connections, ms: ROUND_MS };
        const base = await throughput(floor, options);
        // As an anonymous client: a hit needs no token.
        const own = await throughput(url, { ...options, expect: `x-cache: ${expect}` });
        // The first round warms the just-in-time compiler.
        if (round === 0) continue;
        ((seen[name] ??= {})[connections] ??= []).push({ own, base, ratio: own / base });
      }
    }
  }
  for (const [name, by] of Object.entries(seen)) {
    for (const [connections, list] of Object.entries(by)) {
      const pick = (field) => median(list.map((one) => one[field]));
      report[`${name}, ${connections} connection(s)`] = {
        "requests/s": Math.round(pick("own")),
        "floor/s": Math.round(pick("base")),
        ratio: pick("ratio").toFixed(2),
      };
    }
  }
  // A cold miss: three providers of 200 ms each, asked in parallel by the proxy and by the floor.
  await memory.emulators.settings({ latencyMs: 200 });
  const { books } = await memory.emulators.catalogue();
  const known = books.filter((book) => book.kind === "listed" && book.isbn13);
  const byAll = known.filter((book) => book.knownTo.length === 3);
  const young = byAll.slice(0, COLD_COMPILE + ROUNDS);
  const warm = byAll.slice(young.length, young.length + ROUNDS);
  const between = known.filter((book) => !young.includes(book) && !warm.includes(book));
  const cold = [...young, ...between.slice(0, COLD_WARM - young.length), ...warm];
  const { googleBooks, openLibrary, isbndb } = memory.emulators.addresses;
  const over = [];
  for (const book of cold) {
    const urls = [
      `${googleBooks}/books/v1/volumes?q=isbn:${book.isbn13}&key=google-key-2&country=US`,
      `${openLibrary}/api/books.json?bibkeys=ISBN:${book.isbn13}&format=json&jscmd=data`,
      `${isbndb}/book/${book.isbn13}`,
    ];
    const h = JSON.stringify({
      "user-agent": "Bench/1 (bench@example.com)",
      authorization: DEFAULT_SECRETS.isbndb.ISBNDB_API_KEY,
    });
    const query = new URLSearchParams({ h });
    for (const u of urls) query.append("u", u);
    const timed = async (worker, path, init) => {
      const started = performance.now();
      await (await memory.worker(worker).fetch(path, init)).arrayBuffer();
      return performance.now() - started;
    };
    await sleep(COLD_PAUSE_MS);
    const base = await timed("floor", `/cold?${query}`);
    await sleep(COLD_PAUSE_MS);
    const own = await timed("proxy", `/search/isbn?isbn=${book.isbn13}`, { headers });
    over.push(own - base);
  }
  const measured = {
    "a young isolate": over.slice(COLD_COMPILE, young.length),
    "a warm one": over.slice(-warm.length),
  };
  for (const [isolate, list] of Object.entries(measured)) {
    report[`cold miss of ${isolate}, over the slowest provider`] = { ms: median(list).toFixed(1) };
  }
  console.table(report);
} finally {
  await Promise.all([kv.stop(), r2.stop(), memory.stop()]);
}
