// The optional bindings, with the Workers of examples/: asked, told and shared as documented, and
// without harm when they are broken.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { ADMIN_TOKEN, ROOT, startStack } from "../harness/index.mjs";
import { scratchDir } from "../harness/processes.mjs";
import { Warmer } from "../warmer/harness.mjs";

const AUTHORIZED = { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } };
const TOKEN = "s3cret";

const example = (name) => readFileSync(path.join(ROOT, "examples", name, "index.mjs"), "utf8");

/** The example with its secret bound. */
const AUTH = `${example("auth").replace("export default", "const example =")}
export default { fetch: (request) => {
  console.log(JSON.stringify({ event: "asked", method: request.method, url: request.url,
    body: request.body !== null }));
  return example.fetch(request, { SECRET_TOKEN: "${TOKEN}" });
} };`;

async function withStack(options, work) {
  const stack = await startStack(options);
  try {
    return await work(stack);
  } finally {
    await stack.stop();
  }
}

const linesOf = (stack, event) =>
  stack
    .logs()
    .map((entry) => entry.json)
    .filter((line) => line?.event === event);

async function eventually(what, check, ms = 10_000) {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await check();
    if (found) return found;
    assert.ok(Date.now() < deadline, `${what} within ${ms} ms`);
    await sleep(50);
  }
}

test("AUTH is asked first and its refusal is the answer", () =>
  withStack({ overrides: { proxy: { AUTH }, warmer: { AUTH } } }, async (stack) => {
    for (const [key, to] of [
      ["proxy", "/search/auto?q=dune"],
      ["warmer", "/status"],
    ]) {
      const refused = await stack.worker(key).fetch(to, AUTHORIZED);
      assert.equal(refused.status, 403);
      assert.equal(await refused.text(), "x-custom-token does not match, request not allowed");
      assert.ok(refused.headers.get("x-trace-id"), "ours all the same");
      const headers = { ...AUTHORIZED.headers, "x-custom-token": TOKEN };
      const allowed = await stack.worker(key).fetch(to, { headers });
      assert.equal(allowed.status, 200, await allowed.text());
      const health = await stack.worker(key).fetch("/health");
      assert.equal(health.status, 200, "health is exempt");
    }
    const post = await stack.worker("proxy").fetch("/search/batch", {
      method: "POST",
      headers: { ...AUTHORIZED.headers, "x-custom-token": TOKEN, "content-type": "application/json" },
      body: JSON.stringify({ cache: "only-if-cached", items: [{ id: "1", kind: "auto", q: "dune" }] }),
    });
    assert.equal(post.status, 200, await post.text());
    const asked = linesOf(stack, "asked");
    assert.ok(asked.some((a) => a.method === "POST" && a.url.endsWith("/search/batch")));
    assert.ok(
      asked.every((a) => a.body === false),
      "never the body",
    );
    assert.ok(asked.every((a) => !a.url.endsWith("/health") || a.url.includes(".internal")));
    assert.ok(
      asked.some((a) => a.url === `${stack.urls.proxy}/search/auto?q=dune`),
      "the URL itself",
    );
  }));

test("AUTH on both Workers leaves the warming alone", async () => {
  const file = path.join(scratchDir("auth"), "library.csv");
  writeFileSync(file, "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n");
  const world = new Warmer(
    await startStack({
      overrides: { proxy: { AUTH }, warmer: { AUTH } },
      vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
      emulators: { libraries: [file], args: ["--isbndb-plan", "enterprise"] },
    }),
  );
  try {
    const headers = { ...AUTHORIZED.headers, "x-custom-token": TOKEN };
    const upload = await world.worker.fetch("/upload?name=library.csv", {
      method: "POST",
      headers: { ...headers, "content-type": "text/csv" },
      body: readFileSync(file),
    });
    assert.equal(upload.status, 202, await upload.text());
    const job = await eventually(
      "the end of the job",
      async () => {
        const status = await (await world.worker.fetch("/status", { headers })).json();
        return status.jobs?.find((one) => one.state === "done");
      },
      60_000,
    );
    assert.equal(job.items.done, job.items.total, JSON.stringify(job));
    assert.ok(job.items.total > 0);
    const search = "/search/isbn?q=9780441172719";
    const refused = await world.stack.worker("proxy").fetch(search);
    assert.equal(refused.status, 403, "without the token an anonymous request is refused");
    const found = await world.stack.worker("proxy").fetch(search, {
      headers: { "x-custom-token": TOKEN },
    });
    assert.match(found.headers.get("x-cache"), /^HIT/);
    const asked = linesOf(world.stack, "asked");
    assert.ok(
      asked.every((one) => !one.url.includes(".internal")),
      "no call between our Workers",
    );
  } finally {
    await world.stop();
  }
});

test("AUTH lets a browser's preflight pass, and its token too", () =>
  withStack({ workers: ["isbndb", "proxy"], overrides: { proxy: { AUTH } } }, async (stack) => {
    const origin = "https://app.example";
    const headers = {
      origin,
      "access-control-request-method": "GET",
      "access-control-request-headers": "x-custom-token",
    };
    const preflight = await stack.worker("proxy").fetch("/search/auto", { method: "OPTIONS", headers });
    assert.equal(preflight.status, 204, await preflight.text());
    assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
    const allowed = preflight.headers.get("access-control-allow-headers").split(", ");
    assert.ok(allowed.includes("x-custom-token"), allowed.join());
    const plain = await stack.worker("proxy").fetch("/search/auto", { method: "OPTIONS" });
    assert.equal(plain.status, 403, "OPTIONS that is no preflight is asked about");
    const refused = await stack.worker("proxy").fetch("/search/auto?q=dune", { headers: { origin } });
    assert.equal(refused.status, 403);
    assert.equal(refused.headers.get("access-control-allow-origin"), "*", "the page can read why");
  }));

for (const [how, error] of [
  ["reject", "unreachable"],
  ["hang", "timeout"],
]) {
  test(`AUTH that does not answer closes the door: ${how}`, () =>
    withStack({ overrides: { proxy: { AUTH: how }, warmer: { AUTH: how } } }, async (stack) => {
      for (const [key, to] of [
        ["proxy", "/search/auto?q=dune"],
        ["warmer", "/status"],
      ]) {
        const answer = await stack.worker(key).fetch(to, AUTHORIZED);
        const body = await answer.json();
        assert.deepEqual([answer.status, body.errorCode, body.status], [503, "SERVICE_UNAVAILABLE", 503]);
        assert.ok(Number(answer.headers.get("retry-after")) > 0);
        const health = await stack.worker(key).fetch("/health");
        const report = await health.json();
        assert.deepEqual([health.status, report.status], [200, "degraded"]);
        const { status, error: reason } = report.serviceBindings.AUTH;
        assert.deepEqual([status, reason], ["error", error]);
        const call = linesOf(stack, "binding_call").find((line) => line.target === "AUTH");
        assert.equal(call.outcome, error, "the service client writes its line");
      }
      const { requests } = await stack.emulators.log();
      assert.equal(requests.length, 0, "no provider was called");
    }));
}

test("AUTH that answers is healthy, and no part of a shallow report", () =>
  withStack({ workers: ["isbndb", "proxy"], overrides: { proxy: { AUTH } } }, async (stack) => {
    const report = async (at) => (await stack.worker("proxy").fetch(at)).json();
    assert.equal((await report("/health")).serviceBindings.AUTH.status, "healthy");
    assert.equal((await report("/health?shallow=1")).serviceBindings.AUTH, undefined);
  }));

test("the Workers run without Node's API", async () => {
  const probe = `import Worker from "./index.js";
    export * from "./index.js";
    export default class extends Worker {
      fetch(request) {
        if (new URL(request.url).pathname !== "/globals") return super.fetch(request);
        const names = ["process", "Buffer", "global", "setImmediate"];
        return Response.json(names.filter((name) => name in globalThis));
      }
    }`;
  const wrap = { isbndb: probe, proxy: probe, warmer: probe };
  await withStack({ wrap, emulators: false }, async (stack) => {
    for (const key of Object.keys(wrap)) {
      const found = await (await stack.worker(key).fetch("/globals")).json();
      assert.deepEqual(found, [], key);
    }
  });
});

test("LOGGER is told the span of each request, and may break", () =>
  withStack(
    {
      workers: ["isbndb", "proxy"],
      overrides: { proxy: { LOGGER: example("logger") }, isbndb: { LOGGER: "fail" } },
    },
    async (stack) => {
      const answer = await stack.worker("proxy").fetch("/search/isbn?q=9780441172719");
      assert.equal(answer.status, 200, await answer.text());
      const trace = answer.headers.get("x-trace-id");
      const span = await eventually("the span", () =>
        linesOf(stack, "span").find((one) => one.traceId === trace),
      );
      assert.equal(span.service, "books-api-proxy");
      assert.equal(span.spanId, answer.headers.get("x-span-id"));
      assert.ok(span.duration >= 0 && Math.abs(Date.now() - span.startTime) < 60_000);
    },
  ));

const CANARY = (status) => `export default { fetch(request) {
  console.log(JSON.stringify({ event: "canary", path: new URL(request.url).pathname, method: request.method }));
  return Response.json({ status: "healthy" }, { status: ${status} });
} };`;

for (const [status, falls] of [
  [200, false],
  [500, true],
]) {
  test(`the canary gets its share of the reads; answering ${status} it ${falls ? "falls back" : "is the answer"}`, () =>
    withStack(
      {
        overrides: { warmer: { BOOKS_API_PROXY_CANARY: CANARY(status) } },
        vars: { warmer: { CANARY_PERCENT: "100" } },
      },
      async (stack) => {
        await stack.worker("warmer").scheduled("*/15 * * * *");
        const canary = await eventually("a read at the canary", () => linesOf(stack, "canary")[0]);
        assert.deepEqual([canary.method, canary.path], ["GET", "/health"]);
        const response = await stack.worker("warmer").fetch("/status", AUTHORIZED);
        const { bindings } = await response.json();
        assert.equal(bindings.BOOKS_API_PROXY.last.ok, true, JSON.stringify(bindings));
        const atProduction = linesOf(stack, "request").filter(
          (line) => line.worker === "books-api-proxy" && line.source === "cache-warmer",
        );
        assert.equal(atProduction.length, falls ? 1 : 0);
      },
    ));
}

test("ANALYTICS gets the points of an object, which is seldom where its Worker is", async () => {
  const wrap = `import Worker, * as all from "./index.js";
    export * from "./index.js";
    const ANALYTICS = { writeDataPoint: (point) => console.log(JSON.stringify({ event: "point", point })) };
    export class IsbndbObject extends all.IsbndbObject {
      constructor(state, env) { super(state, { ...env, ANALYTICS }); }
    }
    export default Worker;`;
  await withStack({ workers: ["isbndb"], wrap: { isbndb: wrap } }, async (stack) => {
    await stack.worker("isbndb").fetch("/book/9780441172719");
    const points = await eventually("the points", () => {
      const points = linesOf(stack, "point").map((line) => line.point);
      return points.length > 0 && points;
    });
    assert.ok(points.some(({ blobs }) => blobs[0] === "provider_call" && blobs[2] === "isbndb"));
  });
});

test("ANALYTICS gets a point a call, with stable words only", async () => {
  const wrap = `import Worker, * as all from "./index.js";
    export * from "./index.js";
    const ANALYTICS = { writeDataPoint: (point) => console.log(JSON.stringify({ event: "point", point })) };
    const bound = (Class) => class extends Class {
      constructor(context, env) { super(context, { ...env, ANALYTICS }); }
    };
    // The objects have the Worker's bindings: they hand over the providers' calls.
    export const FlightObject = bound(all.FlightObject);
    export const ProviderLimiter = bound(all.ProviderLimiter);
    export default bound(Worker);`;
  await withStack({ workers: ["isbndb", "proxy"], wrap: { proxy: wrap } }, async (stack) => {
    const isbn = "9780441172719";
    const answer = await stack.worker("proxy").fetch(`/search/isbn?q=${isbn}`);
    assert.equal(answer.status, 200, await answer.text());
    const points = await eventually("the points", () => {
      const points = linesOf(stack, "point").map((line) => line.point);
      return points.some((point) => point.blobs[0] === "request") && points;
    });
    for (const { indexes, blobs, doubles } of points) {
      assert.deepEqual(indexes, ["books-api-proxy"]);
      assert.deepEqual([blobs.length, doubles.length], [7, 3]);
      assert.ok(!JSON.stringify(blobs).includes(isbn));
    }
    const call = points.find((point) => point.blobs[0] === "binding_call");
    assert.deepEqual(call.blobs.slice(1, 3), ["books-api-proxy", "ISBNDB_WORKER"]);
    assert.ok(points.some((point) => point.blobs[0] === "provider_call"));
  });
});
