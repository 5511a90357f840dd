// Real clients in front of the proxy: Google's own library, and nginx as a caching proxy.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { eventually, missing } from "../harness/support.mjs";
import { killNow, scratchDir, unwatch, watch } from "../harness/processes.mjs";
import { ask, startProxy } from "./support.mjs";

const PYTHON = process.env.GOOGLE_CLIENT_PYTHON ?? "python3";
const hasGoogleClient = () => spawnSync(PYTHON, ["-c", "import googleapiclient.discovery"]).status === 0;
const withoutNginx = missing("nginx", "package nginx-light", "-v");

const CLIENT = `
import json, sys
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
books = build("books", "v1", static_discovery=True, developerKey="a-client-key",
              client_options={"api_endpoint": sys.argv[1]})
volumes = books.volumes()
request = volumes.list(q="inauthor:tolkien", maxResults=3)
first = request.execute()
pages = [first]
second = volumes.list(q="inauthor:tolkien", maxResults=3, startIndex=3).execute()
one = volumes.get(volumeId=first["items"][0]["id"]).execute()
errors = []
for call in (volumes.list(q=" "), volumes.get(volumeId="unknown")):
    try:
        call.execute()
    except HttpError as error:
        errors.append([error.status_code, error.reason])
print(json.dumps({"first": first, "second": second, "one": one, "errors": errors}))
`;

test("google-api-python-client reads a list, pages, reads a volume, shows our message", async (t) => {
  if (!hasGoogleClient()) return t.skip(`google-api-python-client is not installed for ${PYTHON}`);
  const stack = await startProxy();
  try {
    const text = execFileSync(PYTHON, ["-c", CLIENT, stack.urls.proxy], {
      encoding: "utf8",
      timeout: 60_000,
    });
    const { first, second, one, errors } = JSON.parse(text);
    assert.equal(first.kind, "books#volumes");
    assert.equal(first.items.length, 3);
    assert.ok(first.totalItems > 3);
    const ids = [...first.items, ...second.items].map((item) => item.id);
    assert.equal(new Set(ids).size, ids.length);
    // The look-up by number may know more than the search did.
    assert.equal(one.id, first.items[0].id);
    assert.equal(one.volumeInfo.title, first.items[0].volumeInfo.title);
    assert.deepEqual(errors, [
      [400, "q: must not be empty"],
      [404, "volume not found"],
    ]);
    const logged = JSON.stringify(await stack.logs());
    assert.ok(!logged.includes("a-client-key"), "a client's key is not logged");
  } finally {
    await stack.stop();
  }
});

async function freePort() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  await new Promise((done) => server.close(done));
  return port;
}

async function startNginx(upstream) {
  const dir = scratchDir("nginx");
  const port = await freePort();
  mkdirSync(path.join(dir, "cache"), { recursive: true });
  writeFileSync(
    path.join(dir, "nginx.conf"),
    // As root its worker would run as an unprivileged user, which may not read this folder.
    `${process.getuid?.() === 0 ? "user root;" : ""} daemon off; pid ${dir}/pid; error_log ${dir}/error.log; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  proxy_cache_path ${dir}/cache keys_zone=books:1m;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${upstream};
      proxy_http_version 1.1;
      proxy_cache books;
      proxy_cache_revalidate on;
      proxy_ignore_headers Set-Cookie;
      add_header X-Nginx $upstream_cache_status always;
    }
  }
}
`,
  );
  const child = spawn("nginx", ["-p", dir, "-c", path.join(dir, "nginx.conf")], { stdio: "ignore" });
  watch(child.pid);
  const url = `http://127.0.0.1:${port}`;
  const stop = () => (killNow(child.pid), unwatch(child.pid));
  try {
    await eventually(
      "nginx",
      () =>
        fetch(`${url}/`).then(
          (r) => r.ok,
          () => false,
        ),
      5_000,
    );
  } catch (error) {
    stop();
    throw error;
  }
  return { url, stop };
}

test(
  "nginx with proxy_cache keeps, revalidates with 304 and serves stale as our headers say",
  { skip: withoutNginx },
  async () => {
    const stack = await startProxy({ vars: { proxy: { CACHE_COLD_TTL: "4" } } });
    let nginx;
    const get = async (url) => {
      const response = await fetch(nginx.url + url);
      return { status: response.status, nginx: response.headers.get("x-nginx"), text: await response.text() };
    };
    try {
      nginx = await startNginx(stack.urls.proxy.replace(/\/$/, ""));
      const page = "/search/auto?q=dune";
      const first = await get(page);
      assert.equal(first.status, 200);
      assert.equal((await get(page)).nginx, "HIT");
      // An answer that says "none" is not kept.
      const none = "/search/isbn?isbn=9786123456702";
      await get(none);
      assert.notEqual((await get(none)).nginx, "HIT");
      // Past its time it is asked for again: updated in the background, or revalidated by 304.
      await sleep(4_200);
      const seen = new Set();
      await eventually(
        "revalidated",
        async () => {
          const again = await get(page);
          assert.equal(again.status, 200);
          seen.add(again.nginx);
          return seen.has("REVALIDATED") || seen.has("STALE") || seen.has("UPDATING");
        },
        8_000,
      );
      // The proxy gone: stale-if-error.
      await ask(stack, page);
      await get(page);
      await stack.kill();
      await sleep(4_200);
      const stale = await get(page);
      assert.deepEqual([stale.status, stale.nginx], [200, "STALE"]);
    } finally {
      nginx?.stop();
      await stack.stop();
    }
  },
);
