// `cargo xtask bench proxy`: the proxy's hits against the least that a Worker can do, and its miss
// against the slowest provider. Interleaved rounds in one run; medians; only ratios mean anything.

import { setTimeout as sleep } from "node:timers/promises";

import { ADMIN_TOKEN, startStack } from "../harness/index.mjs";
import { median, throughput } from "./load.mjs";

const ROUNDS = Number(process.argv[2] ?? 15);
const ROUND_MS = Number(process.argv[3] ?? 400);
const PATH = "/search/auto?q=dune&maxResults=40";
const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };

// The floor: the same value from the same store with the same headers and one log line.
const FLOOR = `
const HEADERS = (etag) => ({
  "content-type": "application/json; charset=utf-8", etag, age: "1",
  "cache-control": "public, max-age=3601, stale-while-revalidate=60, stale-if-error=8380800",
  "x-accel-expires": "3600", "x-cache": "FLOOR", "cache-status": "floor; hit; ttl=604000",
  "access-control-allow-origin": "*", vary: "accept-encoding", "x-request-id": "0", "x-trace-id": "0",
  "access-control-expose-headers": "etag, age, retry-after, x-cache", "server-timing": "total;dur=0",
  "x-span-id": "0", "x-response-time": "0",
});
// As long as the proxy's own line: who reads the logs in this process pays for their length.
const log = (what) => console.log(JSON.stringify({
  level: "info", message: "floor /search/auto ok", event: "request", worker: "floor-worker-line",
  version: "00000000-0000-0000-0000-000000000000", request_id: "0123456789abcdef0123456789abcdef",
  trace_id: "0123456789abcdef0123456789abcdef", span_id: "0123456789abcdef", side: "callee", source: "public",
  target: "books-api-proxy", route: "search_auto", outcome: what, status: 200, duration_ms: 1, budget_ms: 15000,
}));
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/cold") {
      await Promise.all(searchParams.getAll("u").map((u) => fetch(u, { headers: JSON.parse(searchParams.get("h")) }).then((r) => r.text())));
      return new Response("{}");
    }
    if (pathname === "/r2") {
      const object = await env.API_CACHE_COLD.get(searchParams.get("key"));
      const envelope = JSON.parse(object.customMetadata.envelope);
      log("r2");
      return new Response(object.body, { headers: HEADERS('"' + envelope.e + '"') });
    }
    const { value, metadata } = await env.CACHE.getWithMetadata(searchParams.get("key"), { type: "stream" });
    const envelope = JSON.parse(metadata);
    log("kv");
    return new Response(value, { headers: HEADERS('"' + envelope.e + '"') });
  },
};`;

// A KV that never has anything, so that every hit is R2's.
const EMPTY_KV = `
import * as built from "./index.js";
export * from "./index.js";
const CACHE = { getWithMetadata: async () => ({ value: null, metadata: null }), put: async () => {} };
export default class extends built.default {
  constructor(ctx, env) { super(ctx, { ...env, CACHE }); }
}`;

async function start(vars, wrap) {
  const stack = await startStack({
    workers: ["leaf", "proxy"],
    vars: { leaf: { ISBNDB_PLAN: "enterprise" }, proxy: vars },
    wrap: wrap ? { proxy: wrap } : {},
    emulators: { args: ["--isbndb-plan", "enterprise"] },
    extraWorkers: [
      {
        name: "floor",
        modules: true,
        script: FLOOR,
        compatibilityDate: "2026-11-17",
        kvNamespaces: { CACHE: "FILL_IN_KV_CACHE_ID" },
        r2Buckets: { API_CACHE_COLD: "personal-library-data" },
      },
    ],
  });
  return stack;
}

async function warmed(stack, tier) {
  for (let n = 0; n < 40; n += 1) {
    const response = await stack.worker("proxy").fetch(PATH, { headers });
    await response.arrayBuffer();
    if (response.headers.get("x-cache") === tier) return;
    await sleep(200);
  }
  throw new Error(`never ${tier}`);
}

const key = "v1/title/dune";
const kv = await start({ MEMORY_TIER_BYTES: "0" });
const r2 = await start({ MEMORY_TIER_BYTES: "0" }, EMPTY_KV);
const memory = await start({});
const report = {};
try {
  await warmed(kv, "HIT-KV-HOT");
  await warmed(r2, "HIT-R2-COLD");
  await warmed(memory, "HIT-MEMORY");
  const keys = await (await kv.kv("proxy", "CACHE")).list();
  const hot = keys.keys[0]?.name ?? key;
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
        const own = await throughput(url, { ...options, headers, expect: `x-cache: ${expect}` });
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
  const cold = books.filter((b) => b.kind === "listed" && b.knownTo.length === 3).slice(0, ROUNDS + 1);
  const { googleBooks, openLibrary } = memory.emulators.addresses;
  const over = [];
  for (const [n, book] of cold.entries()) {
    const urls = [
      `${googleBooks}/books/v1/volumes?q=isbn:${book.isbn13}&key=google-key-2&country=US`,
      `${openLibrary}/api/books?bibkeys=ISBN:${book.isbn13}&format=json&jscmd=data`,
    ];
    const h = JSON.stringify({ "user-agent": "Bench/1 (bench@example.com)" });
    const query = new URLSearchParams([...urls.map((u) => ["u", u]), ["h", h]]);
    const timed = async (worker, path, init) => {
      const started = performance.now();
      await (await memory.worker(worker).fetch(path, init)).arrayBuffer();
      return performance.now() - started;
    };
    await sleep(700);
    const base = await timed("floor", `/cold?${query}`);
    await sleep(700);
    const own = await timed("proxy", `/search/isbn?isbn=${book.isbn13}`, { headers });
    if (n > 0) over.push(own - base);
  }
  report["cold miss over the slowest provider"] = { ms: median(over).toFixed(1) };
  console.table(report);
} finally {
  await Promise.all([kv.stop(), r2.stop(), memory.stop()]);
}
