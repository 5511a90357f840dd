// Caching proxies in front of the proxy: nginx, and in the long run Varnish and Squid.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { SOAK, eventually, missing } from "../harness/support.mjs";
import { killNow, scratchDir, unwatch, watch } from "../harness/processes.mjs";
import { ask, startProxy } from "./support.mjs";

const IS_ROOT = process.getuid?.() === 0;

/**
 * Each cache: package, configuration, command line, and how its answers show a hit or a stale
 * answer.
 *
 * @typedef {{ dir: string, port: number, upstream: number }} Place
 * @type {Record<string, { package: string, flag: string, isLong: boolean, config: (place: Place) => string,
 *   args: (file: string, place: Place) => string[], isHit: (headers: Headers) => boolean,
 *   isStale: (headers: Headers) => boolean }>}
 */
const CACHES = {
  nginx: {
    package: "nginx-light",
    flag: "-v",
    isLong: false,
    // Started as root, nginx would run its worker as a user who may not read this folder.
    config: ({ dir, port, upstream }) => `${IS_ROOT ? "user root;" : ""} daemon off; pid ${dir}/pid;
error_log ${dir}/error.log; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/f;
  uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  proxy_cache_path ${dir}/cache keys_zone=books:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_http_version 1.1;
      proxy_cache books;
      proxy_cache_revalidate on;
      add_header X-State $upstream_cache_status always;
    }
  }
}
`,
    args: (file, { dir }) => ["-p", dir, "-c", file],
    isHit: (headers) => headers.get("x-state") === "HIT",
    isStale: (headers) => headers.get("x-state") === "STALE",
  },
  varnishd: {
    package: "varnish",
    flag: "-V",
    isLong: true,
    config: ({ upstream }) => `vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "${upstream}"; }
sub vcl_recv { unset req.http.x-state; }
sub vcl_hit { if (obj.ttl >= 0s) { set req.http.x-state = "HIT"; } else { set req.http.x-state = "STALE"; } }
sub vcl_deliver { set resp.http.x-state = req.http.x-state; }
`,
    args: (file, { dir, port }) =>
      [
        ["-F", "-j", "none", "-n", path.join(dir, "work"), "-T", "none", "-s", "malloc,16m"],
        ["-a", `127.0.0.1:${port}`, "-f", file],
      ].flat(),
    isHit: (headers) => headers.get("x-state") === "HIT",
    isStale: (headers) => headers.get("x-state") === "STALE",
  },
  squid: {
    package: "squid",
    flag: "-v",
    isLong: true,
    // Squid's user may not write to this folder, so all files are switched off.
    config: ({ port, upstream }) => `http_port 127.0.0.1:${port} accel defaultsite=127.0.0.1 no-vhost
cache_peer 127.0.0.1 parent ${upstream} 0 no-query no-digest originserver
http_access allow all
visible_hostname squid.test
pid_filename none
access_log none
cache_log /dev/null
coredump_dir /
netdb_filename none
pinger_enable off
memory_cache_shared off
cache_mem 16 MB
# The answers of this test live less than the default of a minute.
minimum_expiry_time 0 seconds
# As Debian configures it.
refresh_pattern . 0 20% 4320
`,
    args: (file) => ["-N", "-f", file],
    // Squid appends its result to the proxy's `X-Cache`.
    isHit: (headers) => /HIT from squid/.test(headers.get("x-cache") ?? "") && !headers.has("warning"),
    isStale: (headers) => /Revalidation failed/.test(headers.get("warning") ?? ""),
  },
};

async function freePort() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts a cache in front of the proxy. */
async function start(program, upstream) {
  const { config, args } = CACHES[program];
  const place = {
    dir: scratchDir(program),
    port: await freePort(),
    upstream: Number(new URL(upstream).port),
  };
  mkdirSync(path.join(place.dir, "cache"));
  const file = path.join(place.dir, "config");
  writeFileSync(file, config(place));
  const child = spawn(program, args(file, place), { stdio: "ignore" });
  watch(child.pid);
  const url = `http://127.0.0.1:${place.port}`;
  const stop = () => (killNow(child.pid), unwatch(child.pid));
  const answers = () =>
    fetch(`${url}/`).then(
      (answer) => answer.ok,
      () => false,
    );
  try {
    await eventually(program, answers, 20_000);
  } catch (error) {
    stop();
    throw error;
  }
  return { url, stop };
}

for (const [program, { package: name, flag, isLong, isHit, isStale }] of Object.entries(CACHES)) {
  const skip = isLong && !SOAK ? "part of the long form" : missing(program, `package ${name}`, flag);
  test(`${program} caches, revalidates and serves stale as the headers allow`, { skip }, async () => {
    const stack = await startProxy({ vars: { proxy: { CACHE_COLD_TTL: "6" } } });
    let cache;
    const get = async (url) => {
      const { status, headers } = await fetch(cache.url + url);
      return { status, isHit: isHit(headers), isStale: isStale(headers), said: JSON.stringify([...headers]) };
    };
    const asked = (wanted) =>
      stack.logs().filter(({ json }) => json?.event === "request" && wanted(json)).length;
    try {
      const page = "/search/auto?q=dune";
      await eventually("stored", async () => (await ask(stack, page)).cache !== "MISS", 10_000);
      // A late provider may still change the answer of a miss and its tag.
      await sleep(500);
      cache = await start(program, stack.urls.proxy);
      assert.equal((await get(page)).status, 200);
      await eventually("kept", async () => (await get(page)).isHit);
      // An answer without books is not cached.
      const none = "/search/isbn?isbn=9786123456702";
      for (let n = 0; n < 2; n += 1) assert.equal((await get(none)).status, 200);
      await eventually("asked twice", () => asked(({ route }) => route === "/search/isbn") === 2, 5_000);
      // The cache revalidates an expired answer with its tag, before or after serving it.
      await eventually(
        "a 304 of the proxy",
        async () => {
          assert.equal((await get(page)).status, 200);
          return asked(({ status }) => status === 304) > 0;
        },
        20_000,
      );
      // With the proxy stopped, `stale-while-revalidate` and `stale-if-error` apply. First store a
      // fresh copy: Varnish stores no answer that is stale already.
      await eventually("kept again", async () => (await get(page)).isHit);
      await stack.kill();
      await eventually(
        "a stale answer",
        async () => {
          const answer = await get(page);
          assert.equal(answer.status, 200, answer.said);
          return answer.isStale;
        },
        10_000,
      );
    } finally {
      cache?.stop();
      await stack.stop();
    }
  });
}
