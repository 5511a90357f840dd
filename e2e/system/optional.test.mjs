// The optional bindings with the Workers of examples/: they work as documented, and do no harm
// if they fail.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { admin, eventually } from "../harness/support.mjs";
import { startStack } from "../harness/index.mjs";
import { scratchDir } from "../harness/processes.mjs";
import { Warmer } from "../warmer/harness.mjs";
import { AUTH, TOKEN, example, linesOf, withStack } from "./support.mjs";

const AUTHORIZED = { headers: admin };

test("AUTH is called first and its refusal is the answer", () =>
  withStack({ overrides: { proxy: { AUTH }, warmer: { AUTH } } }, async (stack) => {
    for (const [key, to] of [
      ["proxy", "/search/auto?q=dune"],
      ["warmer", "/status"],
    ]) {
      const refused = await stack.worker(key).fetch(to, AUTHORIZED);
      assert.equal(refused.status, 403);
      assert.equal(await refused.text(), "x-custom-token does not match, request not allowed");
      assert.ok(refused.headers.get("x-trace-id"), "the Worker's headers are added");
      const headers = { ...AUTHORIZED.headers, "x-custom-token": TOKEN };
      const allowed = await stack.worker(key).fetch(to, { headers });
      assert.equal(allowed.status, 200, await allowed.text());
      assert.match(allowed.headers.get("vary"), /\bx-custom-token\b/, "no cache serves it to others");
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
      "AUTH does not get the body",
    );
    assert.ok(asked.every((a) => !a.url.endsWith("/health") || a.url.includes(".internal")));
    assert.ok(
      asked.some((a) => a.url === `${stack.urls.proxy}/search/auto?q=dune`),
      "the URL itself",
    );
  }));

test("AUTH on both Workers does not affect the warming", async () => {
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
      "AUTH is not called for calls between the Workers",
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
    assert.equal(plain.status, 403, "AUTH is called for an OPTIONS that is no preflight");
    const refused = await stack.worker("proxy").fetch("/search/auto?q=dune", { headers: { origin } });
    assert.equal(refused.status, 403);
    assert.equal(refused.headers.get("access-control-allow-origin"), "*", "the page can read why");
  }));

for (const [how, error] of [
  ["reject", "unreachable"],
  ["hang", "timeout"],
]) {
  test(`without an answer of AUTH a request is refused: ${how}`, () =>
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
        assert.equal(call.outcome, error, "the service client logs the call");
      }
      const { requests } = await stack.emulators.log();
      assert.equal(requests.length, 0, "no provider was called");
    }));
}

test("AUTH is healthy if it answers, and is not in a shallow report", () =>
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

test("without a key at ISBNdb nothing is logged as an error", async () => {
  const file = path.join(scratchDir("keyless"), "library.csv");
  writeFileSync(file, "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n");
  const warmer = new Warmer(
    await startStack({ secrets: { isbndb: { ISBNDB_API_KEY: null } }, emulators: { libraries: [file] } }),
  );
  try {
    const { stack } = warmer;
    await warmer.put("uploads/library.csv", readFileSync(file, "utf8"));
    await warmer.heartbeat();
    await warmer.done();
    const found = await stack.worker("proxy").fetch("/search/author?q=frank%20herbert");
    assert.equal(found.status, 200, await found.text());
    for (const key of ["proxy", "warmer"]) {
      const { error, report } = await eventually("a report on the ISBNdb Worker", async () => {
        const health = await (await stack.worker(key).fetch("/health", AUTHORIZED)).json();
        const checked = health.serviceBindings.ISBNDB_WORKER;
        return checked.report && checked;
      });
      assert.equal(error, "ISBNDB_API_KEY cannot be read");
      assert.equal(report.secrets.ISBNDB_API_KEY, false);
      assert.equal(report.providers.isbndb.quota.plan, "basic");
    }
    const metrics = await stack.worker("warmer").fetch("/metrics/isbndb", AUTHORIZED);
    assert.match(await metrics.text(), /^provider_quota_left\{provider="isbndb"\}/m);
    await warmer.heartbeat();
    const direct = await stack.worker("isbndb").fetch("/author/Frank%20Herbert");
    const problem = await direct.json();
    assert.deepEqual([direct.status, problem.errorCode], [503, "NOT_CONFIGURED"]);
    // On a busy machine a binding may be slow, which causes another alert.
    const isSlowness = ({ event, outcome }) => event === "alert" && /"error":null/.test(outcome);
    const errors = stack.logs().filter(({ json }) => json?.level === "error" && !isSlowness(json));
    assert.deepEqual(
      errors.map((entry) => entry.text),
      [],
    );
  } finally {
    await warmer.stop();
  }
});

/** The reported spans, by trace. */
function tracesOf(stack) {
  const traces = new Map();
  for (const span of linesOf(stack, "span")) {
    traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  }
  return traces;
}

/** True if spans are one tree: one root, every parent present, no span twice. */
function isTree(spans) {
  const ids = new Set(spans.map((span) => span.spanId));
  assert.equal(ids.size, spans.length, `a span is reported twice: ${JSON.stringify(spans)}`);
  const below = spans.filter((span) => span.parentSpanId !== undefined);
  return spans.length - below.length === 1 && below.every((span) => ids.has(span.parentSpanId));
}

test("LOGGER gets one tree of spans for a search and for each warming step", async () => {
  const file = path.join(scratchDir("spans"), "library.csv");
  writeFileSync(file, "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n");
  const LOGGER = example("logger");
  const warmer = new Warmer(
    await startStack({
      overrides: { proxy: { LOGGER }, isbndb: { LOGGER }, warmer: { LOGGER } },
      vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
      emulators: { libraries: [file], args: ["--isbndb-plan", "enterprise"] },
    }),
  );
  try {
    const { stack } = warmer;
    const answer = await stack.worker("proxy").fetch("/search/isbn?q=9780441172719");
    assert.equal(answer.status, 200, await answer.text());
    const trace = answer.headers.get("x-trace-id");
    const search = await eventually("the spans of the search", () => {
      const spans = tracesOf(stack).get(trace) ?? [];
      return spans.length >= 2 && isTree(spans) && spans;
    });
    const root = search.find((span) => span.parentSpanId === undefined);
    assert.deepEqual([root.service, root.spanId], ["books-api-proxy", answer.headers.get("x-span-id")]);
    assert.ok(root.duration >= 0 && Math.abs(Date.now() - root.startTime) < 60_000);

    await warmer.put("uploads/library.csv", readFileSync(file, "utf8"));
    await warmer.heartbeat();
    const workers = ["books-api-proxy", "cache-warmer", "isbndb-worker"];
    await eventually(
      "a warming step over all three Workers",
      () =>
        [...tracesOf(stack).values()].some((spans) => {
          const services = new Set(spans.map((span) => span.service));
          return workers.every((name) => services.has(name)) && spans[0].traceId !== trace;
        }),
      60_000,
    );
    await warmer.done();
    // The spans of the last calls are sent after their answers.
    const broken = () => [...tracesOf(stack).values()].filter((spans) => !isTree(spans));
    await eventually("a tree of every trace", () => broken().length === 0, 60_000).catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify(broken())}`);
    });
  } finally {
    await warmer.stop();
  }
});

test("a broken LOGGER harms no answer", () =>
  withStack(
    { workers: ["isbndb", "proxy"], overrides: { proxy: { LOGGER: "hang" }, isbndb: { LOGGER: "fail" } } },
    async (stack) => {
      const answer = await stack.worker("proxy").fetch("/search/isbn?q=9780441172719");
      assert.equal(answer.status, 200, await answer.text());
    },
  ));

test("a client's UUID trace is continued and readable in a browser", () =>
  withStack({ workers: ["isbndb", "proxy"] }, async (stack) => {
    const answer = await stack.worker("proxy").fetch("/search/isbn?q=9780441172719", {
      headers: {
        origin: "https://app.example",
        "x-trace-id": "0af76519-16cd-43dd-8448-eb211c80319c",
        "x-span-id": "b7ad6b71",
      },
    });
    assert.equal(answer.headers.get("x-trace-id"), "0af7651916cd43dd8448eb211c80319c");
    assert.equal(answer.headers.get("x-parent-span-id"), "00000000b7ad6b71");
    const exposed = answer.headers.get("access-control-expose-headers").split(/, */);
    for (const name of ["x-trace-id", "x-span-id", "x-parent-span-id"]) {
      assert.ok(exposed.includes(name), name);
    }
  }));

const CANARY = (answer) => `export default { async fetch(request) {
  console.log(JSON.stringify({ event: "canary", path: new URL(request.url).pathname, method: request.method }));
  ${answer}
} };`;

for (const [how, answer, falls] of [
  ["healthy", `return Response.json({ status: "healthy" });`, false],
  ["failing", `return Response.json({ status: "error" }, { status: 500 });`, true],
  ["hanging", `return new Promise(() => setInterval(() => {}, 1000));`, true],
]) {
  test(`a ${how} canary ${falls ? "falls back to production" : "answers its share of the reads"}`, () =>
    withStack(
      {
        overrides: { warmer: { BOOKS_API_PROXY_CANARY: CANARY(answer) } },
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
        const calls = linesOf(stack, "binding_call").filter((line) => line.worker === "cache-warmer");
        const atCanary = calls.filter((line) => line.target === "BOOKS_API_PROXY_CANARY");
        assert.deepEqual(
          atCanary.map((line) => line.outcome === "ok"),
          [!falls],
        );
        const health = await (await stack.worker("warmer").fetch("/health")).json();
        const { BOOKS_API_PROXY_CANARY: canaryHealth, BOOKS_API_PROXY: proxyHealth } = health.serviceBindings;
        assert.equal(canaryHealth.status, falls ? "error" : "healthy", JSON.stringify(health));
        assert.equal(proxyHealth.status, "healthy", "the canary does not count");
        const metrics = await (await stack.worker("warmer").fetch("/metrics", AUTHORIZED)).text();
        const failed = /^service_binding_calls_failed_total\{binding="(\w+)",/gm;
        const failures = new Set([...metrics.matchAll(failed)].map(([, binding]) => binding));
        assert.deepEqual([...failures], falls ? ["BOOKS_API_PROXY_CANARY"] : [], metrics);
      },
    ));
}

for (const how of ["reject", "hang"]) {
  test(`a library gets warm while every optional part fails: ${how}`, async () => {
    const file = path.join(scratchDir("optional"), "library.csv");
    writeFileSync(file, "Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n");
    const LOGGER = how;
    const warmer = new Warmer(
      await startStack({
        overrides: {
          isbndb: { LOGGER },
          proxy: { LOGGER },
          warmer: { LOGGER, AUTH: how, BOOKS_API_PROXY_CANARY: how },
        },
        vars: { isbndb: { ISBNDB_PLAN: "enterprise" }, warmer: { CANARY_PERCENT: "100" } },
        emulators: { libraries: [file], args: ["--isbndb-plan", "enterprise"] },
      }),
    );
    try {
      const { stack } = warmer;
      await warmer.put("uploads/library.csv", readFileSync(file, "utf8"));
      await warmer.heartbeat();
      const search = () => stack.worker("proxy").fetch("/search/isbn?q=9780441172719");
      assert.equal((await search()).status, 200, "searches are answered meanwhile");
      const result = await eventually(
        "the end of the job",
        async () => {
          const bucket = await warmer.bucket();
          const { objects } = await bucket.list({ prefix: "results/" });
          const found = objects.find(({ key }) => key.endsWith(".json"));
          return found && (await (await bucket.get(found.key)).json());
        },
        90_000,
      );
      assert.equal(result.state, "done");
      assert.equal(result.items.done, result.items.total);
      assert.match((await search()).headers.get("x-cache"), /^HIT/);
      assert.equal(
        (await warmer.worker.fetch("/status", AUTHORIZED)).status,
        503,
        "AUTH refuses every request",
      );
      assert.ok(linesOf(stack, "binding_call").some((line) => line.target === "BOOKS_API_PROXY_CANARY"));
    } finally {
      await warmer.stop();
    }
  });
}

test("ANALYTICS gets the points of an object, which may run elsewhere than its Worker", async () => {
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

test("ANALYTICS gets a point a call, with labels of fixed sets only", async () => {
  const wrap = `import Worker, * as all from "./index.js";
    export * from "./index.js";
    const ANALYTICS = { writeDataPoint: (point) => console.log(JSON.stringify({ event: "point", point })) };
    const bound = (Class) => class extends Class {
      constructor(context, env) { super(context, { ...env, ANALYTICS }); }
    };
    // The objects have the Worker's bindings and report the calls to providers.
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
