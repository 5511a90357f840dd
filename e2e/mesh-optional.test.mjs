// The optional bindings, with the Workers of examples/: asked, told and shared as documented, and
// without harm when they are broken.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { ADMIN_TOKEN, ROOT, startStack } from "./harness/index.mjs";

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
  stack.logs().map((entry) => entry.json).filter((line) => line?.event === event);

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
    assert.ok(asked.every((a) => a.body === false), "never the body");
    assert.ok(asked.every((a) => !a.url.endsWith("/health")));
    assert.ok(asked.some((a) => a.url === `${stack.urls.proxy}/search/auto?q=dune`), "the URL itself");
  }));

for (const how of ["reject", "hang"]) {
  test(`AUTH that does not answer closes the door: ${how}`, () =>
    withStack({ workers: ["leaf", "proxy"], overrides: { proxy: { AUTH: how } } }, async (stack) => {
      const answer = await stack.worker("proxy").fetch("/search/auto?q=dune", AUTHORIZED);
      const body = await answer.json();
      assert.deepEqual([answer.status, body.errorCode, body.status], [503, "SERVICE_UNAVAILABLE", 503]);
      assert.equal((await stack.worker("proxy").fetch("/health")).status, 200);
      const { requests } = await stack.emulators.log();
      assert.equal(requests.length, 0, "nothing was asked for a stranger");
    }));
}

test("LOGGER is told the span of each request, and may break", () =>
  withStack(
    { workers: ["leaf", "proxy"], overrides: { proxy: { LOGGER: example("logger") }, leaf: { LOGGER: "fail" } } },
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
    export class BudgetObject extends all.BudgetObject {
      constructor(state, env) { super(state, { ...env, ANALYTICS }); }
    }
    export default Worker;`;
  await withStack({ workers: ["leaf"], wrap: { leaf: wrap } }, async (stack) => {
    await stack.worker("leaf").fetch("/book/9780441172719");
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
    export const ProviderGate = bound(all.ProviderGate);
    export default bound(Worker);`;
  await withStack({ workers: ["leaf", "proxy"], wrap: { proxy: wrap } }, async (stack) => {
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
