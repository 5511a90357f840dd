// The service client in workerd: health, answer, trace and metrics with each dependency broken in
// turn; then retries, probes and waits, counted at the emulator.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { admin, eventually } from "../harness/support.mjs";
import { ADMIN_TOKEN, startStack } from "../harness/index.mjs";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const AUTHORIZED = { headers: admin };

/** The largest plan, and emulators without a pace, so that no test waits. */
const QUICK = {
  vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
  emulators: { args: ["--isbndb-plan", "enterprise", "--complete"] },
};

async function start(options = {}) {
  const vars = { ...QUICK.vars, ...options.vars };
  for (const key of Object.keys(QUICK.vars)) vars[key] = { ...QUICK.vars[key], ...options.vars?.[key] };
  const stack = await startStack({ ...QUICK, ...options, vars });
  await stack.emulators.settings({ pace: false });
  return stack;
}

async function healthOf(stack, key, path = "/health") {
  const started = Date.now();
  const response = await stack.worker(key).fetch(path, AUTHORIZED);
  const body = await response.json();
  return { status: response.status, body, tookMs: Date.now() - started };
}

async function metricsOf(stack, key) {
  const response = await stack.worker(key).fetch("/metrics", AUTHORIZED);
  assert.equal(response.status, 200);
  const text = await response.text();
  const value = (name) => {
    const line = text.split("\n").find((line) => line.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  };
  return { text, value };
}

async function answerOf(stack, target, init = {}) {
  const traced = { headers: { traceparent: `00-${TRACE}-${SPAN}-01` } };
  const response = await stack.worker("proxy").fetch(target, { ...traced, ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: JSON.parse(text) };
}

const search = (stack, isbn, init = {}) => answerOf(stack, `/search/isbn?q=${isbn}`, init);

async function listedBooks(stack) {
  const { books } = await stack.emulators.catalogue();
  return books.filter((book) => book.kind === "listed");
}

const booksOf = async (stack) => (await listedBooks(stack)).map((book) => book.isbn13);

/** The n-th of a million valid ISBNs that no catalogue has. */
function isbn(n) {
  const body = `9799${String(10_000_000 + n).padStart(8, "0")}`;
  const sum = [...body].reduce((sum, digit, at) => sum + Number(digit) * (at % 2 ? 3 : 1), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

const linesOf = (stack, pick) =>
  stack
    .logs()
    .map((entry) => entry.json)
    .filter((line) => line && pick(line));

describe("three healthy Workers", () => {
  let stack;
  let isbns;

  before(async () => {
    stack = await start();
    isbns = await booksOf(stack);
  });
  after(() => stack?.stop());

  test("each report is healthy after real calls and reads", async () => {
    const expected = {
      isbndb: { bindings: [], secrets: ["ISBNDB_API_KEY"], storage: ["ISBNDB_OBJECT"] },
      proxy: {
        bindings: ["ISBNDB_WORKER"],
        secrets: ["ADMIN_TOKEN", "GOOGLE_BOOKS_API_KEY", "GOOGLE_BOOKS_IOSKEY"],
        storage: ["API_CACHE_COLD", "BATCH", "CACHE", "FLIGHT", "PROVIDER_LIMITER"],
      },
      warmer: {
        bindings: ["BOOKS_API_PROXY", "ISBNDB_WORKER"],
        secrets: ["ADMIN_TOKEN"],
        storage: ["LEDGER", "LIBRARY_DATA", "WARMING_CACHE"],
      },
    };
    for (const [key, parts] of Object.entries(expected)) {
      const { status, body, tookMs } = await healthOf(stack, key);
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(body.status, "healthy", JSON.stringify(body));
      assert.ok(tookMs < 1_500, `${key} took ${tookMs} ms`);
      assert.deepEqual(Object.keys(body.serviceBindings), parts.bindings);
      assert.deepEqual(Object.keys(body.secrets).sort(), parts.secrets);
      assert.deepEqual(Object.keys(body.storage).sort(), parts.storage);
      for (const part of [...Object.values(body.serviceBindings), ...Object.values(body.storage)]) {
        assert.equal(part.status, "healthy");
        assert.equal(typeof part.responseTime, "number");
      }
      assert.ok(Object.values(body.secrets).every(Boolean));
      assert.match(body.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.ok(body.version.length > 0);
    }
  });

  test("a report is reused for some seconds, and health checks form no cycle", async () => {
    const first = await healthOf(stack, "warmer");
    const second = await healthOf(stack, "warmer");
    assert.equal(second.body.timestamp, first.body.timestamp);
    const shallow = await healthOf(stack, "proxy", "/health?shallow=1");
    assert.deepEqual(shallow.body.serviceBindings, {});
    // One health request to the warmer calls both siblings once; the proxy calls none.
    const asked = linesOf(stack, (l) => l.event === "binding_call" && l.route === "/health");
    assert.ok(asked.length >= 2, "two siblings were called");
    for (const { trace_id } of asked) {
      const calls = asked.filter((line) => line.trace_id === trace_id);
      assert.ok(calls.length <= 2, JSON.stringify(calls));
    }
  });

  test("a search carries one trace, timings and a line on both sides of each binding", async () => {
    const answer = await search(stack, isbns[0]);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("x-trace-id"), TRACE);
    assert.equal(answer.headers.get("x-parent-span-id"), SPAN);
    assert.match(answer.headers.get("x-span-id"), /^[0-9a-f]{16}$/);
    assert.match(answer.headers.get("x-response-time"), /^\d+$/);
    assert.match(answer.headers.get("x-service-binding-time"), /^\d+$/);
    assert.match(answer.headers.get("server-timing"), /total;dur=\d+/);
    const lines = linesOf(stack, (l) => l.trace_id === TRACE && l.route === "/book/{isbn}");
    const caller = lines.find((l) => l.event === "binding_call" && l.side === "caller");
    const callee = lines.find((l) => l.event === "request" && l.side === "callee");
    assert.equal(caller.worker, "books-api-proxy");
    assert.equal(callee.worker, "isbndb-worker");
    assert.equal(callee.span_id, caller.span_id, "caller and callee share a span");
    assert.equal(callee.parent_span_id, answer.headers.get("x-span-id"), "below the request's");
    assert.equal(callee.request_id, caller.request_id);
    assert.equal(callee.source, "books-api-proxy");
    for (const line of [caller, callee]) {
      for (const field of ["source", "target", "route", "outcome", "worker", "version"]) {
        assert.equal(typeof line[field], "string", field);
      }
      assert.equal(typeof line.duration_ms, "number");
    }
    const all = stack
      .logs()
      .map((entry) => entry.text)
      .join("\n");
    assert.ok(!all.includes(isbns[0]), "no query in any line");
    for (const secret of [ADMIN_TOKEN, "isbndb-key", "google-key-1"]) assert.ok(!all.includes(secret));
  });

  test("a provider gets no trace header", async () => {
    const { requests } = await stack.emulators.log();
    assert.ok(requests.length >= 3);
    assert.deepEqual(
      requests.filter((request) => request.traceparent),
      [],
    );
  });

  test("a bad traceparent starts a new trace; public ids are ignored", async () => {
    for (const traceparent of [`00-${TRACE.toUpperCase()}-${SPAN}-01`, `ff-${TRACE}-${SPAN}-01`, "x"]) {
      const headers = { traceparent, "x-request-id": "mine", "x-deadline-ms": "1" };
      const answer = await search(stack, isbns[1], { headers });
      assert.equal(answer.status, 200);
      assert.notEqual(answer.headers.get("x-trace-id"), TRACE);
      assert.notEqual(answer.headers.get("x-request-id"), "mine");
    }
  });

  test("one trace goes over all three Workers", async () => {
    const csv = `Title,Author,ISBN13\nA,B,${isbns[2]}\n`;
    await (await stack.r2("warmer", "LIBRARY_DATA")).put("uploads/one.csv", csv);
    await stack.worker("warmer").scheduled("*/15 * * * *");
    const worked = (worker) => (l) => l.event === "request" && l.worker === worker;
    await eventually("a trace of warmer, proxy and isbndb", () =>
      linesOf(stack, (l) => l.event === "binding_call" && l.worker === "cache-warmer").some((call) => {
        const own = linesOf(stack, (l) => l.trace_id === call.trace_id);
        return own.some(worked("books-api-proxy")) && own.some(worked("isbndb-worker"));
      }),
    );
  });

  test("the metrics are valid for Prometheus, count the calls and have their scope", async (t) => {
    for (const [key, worker, counted] of [
      ["proxy", "books-api-proxy", 'service_binding_calls_total{binding="ISBNDB_WORKER"}'],
      ["proxy", "books-api-proxy", "proxy_to_isbndb_calls_total"],
      ["proxy", "books-api-proxy", 'provider_requests_total{provider="open-library",outcome="ok"}'],
      ["proxy", "books-api-proxy", 'cache_requests_total{tier="r2",result="miss"}'],
      ["isbndb", "isbndb-worker", 'provider_requests_total{provider="isbndb",outcome="ok"}'],
      ["isbndb", "isbndb-worker", 'provider_quota_left{provider="isbndb"}'],
      ["warmer", "cache-warmer", "cache_warmer_to_proxy_calls_total"],
      ["warmer", "cache-warmer", "direct_to_isbndb_calls_total"],
    ]) {
      const { text, value } = await metricsOf(stack, key);
      assert.ok((value(counted) ?? 0) > 0, `${counted} in\n${text}`);
      assert.match(text, new RegExp(`metrics_scope_info\\{scope="isolate",worker="${worker}"`));
    }
    const { status } = await stack.worker("proxy").fetch("/metrics");
    assert.equal(status, 401);
    const found = spawnSync("promtool", ["--version"]);
    if (found.error) return t.diagnostic("promtool is not installed: the text was not checked with it");
    for (const key of ["isbndb", "proxy", "warmer"]) {
      const { text } = await metricsOf(stack, key);
      const { status, stderr, stdout } = spawnSync("promtool", ["check", "metrics"], { input: text });
      assert.equal(status, 0, `${key}: ${stderr}${stdout}`);
    }
  });
});

/**
 * Questions whose answer needs the failing provider: an author is complete only with ISBNdb, a
 * title only with Google Books and Open Library. An ISBN is complete with one verified book.
 */
const byIsbn = ({ isbn13 }) => `/search/isbn?q=${isbn13}`;
const byAuthor = ({ authors }) => `/search/author?author=${encodeURIComponent(authors[0])}`;
const byTitle = ({ title }) => `/search/title?title=${encodeURIComponent(title)}`;

/**
 * One broken dependency at a time: the Worker whose health is read and its report, the answer to
 * a search, the series that counts the failure.
 */
/** @type {{ name: string, options: any, fault?: any, health: any, healthAfter?: any, question?: any, partial?: boolean, counted?: any, answer?: number, searches?: any }[]} */
const BROKEN = [
  ...["fail", "hang", "garbage", "reject"].map((how) => ({
    name: `the ISBNdb Worker's binding at the proxy: ${how}`,
    options: { workers: ["isbndb", "proxy"], overrides: { proxy: { ISBNDB_WORKER: how } } },
    health: { proxy: [200, "degraded", (b) => b.serviceBindings.ISBNDB_WORKER.status === "error"] },
    question: byAuthor,
    partial: true,
    counted: (m) =>
      /service_binding_calls_failed_total\{binding="ISBNDB_WORKER",reason="\w+"\} [1-9]/.test(m.text),
  })),
  {
    name: "the ISBNdb Worker's binding at the proxy: missing",
    options: { workers: ["proxy"], overrides: { proxy: { ISBNDB_WORKER: null } } },
    health: { proxy: [200, "degraded", (b) => b.serviceBindings.ISBNDB_WORKER.status === "error"] },
    partial: true,
    counted: (m) => m.value('provider_requests_total{provider="open-library",outcome="ok"}') > 0,
  },
  {
    name: "the hot tier",
    options: { workers: ["isbndb", "proxy"], overrides: { proxy: { CACHE: "fail" } } },
    health: { proxy: [200, "degraded", (b) => b.storage.CACHE.status === "error"] },
    counted: (m) => m.value('cache_requests_total{tier="kv",result="failed"}') > 0,
  },
  {
    name: "the cold tier",
    options: { workers: ["isbndb", "proxy"], overrides: { proxy: { API_CACHE_COLD: "fail" } } },
    health: { proxy: [200, "degraded", (b) => b.storage.API_CACHE_COLD.status === "error"] },
    counted: (m) => m.value('cache_requests_total{tier="r2",result="failed"}') > 0,
  },
  {
    name: "the proxy's admin token: missing",
    options: { workers: ["isbndb", "proxy"], secrets: { proxy: { ADMIN_TOKEN: null } } },
    health: { proxy: [200, "degraded", (b) => b.secrets.ADMIN_TOKEN === false] },
  },
  {
    name: "Google's first key: missing",
    options: { workers: ["isbndb", "proxy"], secrets: { proxy: { GOOGLE_BOOKS_API_KEY: null } } },
    health: { proxy: [200, "degraded", (b) => b.secrets.GOOGLE_BOOKS_API_KEY === false] },
    counted: (m) => m.value('provider_requests_total{provider="google-books",outcome="ok"}') > 0,
  },
  {
    name: "ISBNdb's key: not there",
    options: { workers: ["isbndb", "proxy"], secrets: { isbndb: { ISBNDB_API_KEY: null } } },
    health: {
      isbndb: [200, "degraded", (b) => b.secrets.ISBNDB_API_KEY === false],
      proxy: [200, "degraded", (b) => b.serviceBindings.ISBNDB_WORKER.status === "degraded"],
    },
    counted: (m) =>
      /service_binding_calls_failed_total\{binding="ISBNDB_WORKER",reason="not_configured"\}/.test(m.text),
  },
  {
    name: "an invalid var",
    options: { workers: ["isbndb", "proxy"], vars: { proxy: { PARTIAL_TTL: "soon" } } },
    health: { proxy: [503, "error", (b) => b.config.startsWith("PARTIAL_TTL: ")] },
    answer: 500,
  },
  {
    name: "a provider: ISBNdb",
    options: { workers: ["isbndb", "proxy"] },
    fault: { provider: "isbndb", fault: "status", status: 500 },
    // Three failed calls open its breaker.
    searches: 3,
    question: byAuthor,
    partial: true,
    health: {
      isbndb: [200, "degraded", (b) => b.providers.isbndb.breaker !== "closed"],
      proxy: [200, "degraded", (b) => b.serviceBindings.ISBNDB_WORKER.status === "degraded"],
    },
    healthAfter: true,
    counted: (m) =>
      /service_binding_calls_failed_total\{binding="ISBNDB_WORKER",reason="upstream_error"\} [1-9]/.test(
        m.text,
      ) && m.value('circuit_breaker_state{target="ISBNDB_WORKER"}') === 0,
  },
  {
    name: "a provider: Google Books",
    options: { workers: ["isbndb", "proxy"] },
    fault: { provider: "google", fault: "bad_json" },
    question: byTitle,
    partial: true,
    counted: (m) => m.value('provider_requests_total{provider="google-books",outcome="malformed"}') > 0,
    health: { proxy: [200, "healthy", () => true] },
  },
  {
    name: "a provider: Open Library",
    options: { workers: ["isbndb", "proxy"] },
    fault: { provider: "openlibrary", fault: "status", status: 503 },
    searches: 3,
    question: byTitle,
    partial: true,
    health: { proxy: [200, "degraded", (b) => b.providers["open-library"].breaker !== "closed"] },
    healthAfter: true,
    counted: (m) =>
      m.value('circuit_breaker_trips_total{target="open-library"}') === 1 &&
      m.value('circuit_breaker_state{target="open-library"}') > 0,
  },
];

describe("each dependency broken in turn", () => {
  for (const {
    name,
    options,
    fault,
    searches = 1,
    health,
    healthAfter,
    question = byIsbn,
    partial = false,
    counted,
    answer = 200,
  } of BROKEN) {
    test(name, async () => {
      const stack = await start(options);
      try {
        const [book, ...others] = await listedBooks(stack);
        if (fault) await stack.emulators.faults(fault);
        const checkHealth = async () => {
          for (const [key, [status, word, detail]] of Object.entries(health)) {
            const { status: got, body, tookMs } = await healthOf(stack, key);
            assert.deepEqual([got, body.status], [status, word], JSON.stringify(body));
            assert.ok(detail(body), JSON.stringify(body));
            assert.ok(tookMs < 1_600, `${key} took ${tookMs} ms`);
          }
        };
        if (!healthAfter) await checkHealth();
        for (const other of others.slice(0, searches - 1)) await search(stack, other.isbn13);
        const found = await answerOf(stack, question(book));
        assert.equal(found.status, answer, JSON.stringify(found.body));
        assert.equal(found.headers.get("x-trace-id"), TRACE);
        if (answer === 200) {
          assert.equal(found.body.totalItems > 0, true, JSON.stringify(found.body));
          assert.equal(found.body.partial, partial, JSON.stringify(found.body.providers));
        } else {
          assert.equal(found.headers.get("content-type"), "application/problem+json");
          assert.equal(found.body.service, "books-api-proxy");
          assert.equal(typeof found.body.troubleshooting.suggestion, "string");
          // A log line may arrive after the answer.
          const reason = await eventually(
            "the reason",
            () => linesOf(stack, (l) => l.trace_id === TRACE && l.event === "internal")[0],
            5_000,
          );
          assert.deepEqual([reason?.level, reason?.worker], ["error", "books-api-proxy"]);
          assert.match(reason.message, /PARTIAL_TTL/);
          assert.ok(reason.route && !reason.route.includes(book.isbn13), reason.route);
          assert.ok(!JSON.stringify(found.body).includes("PARTIAL_TTL"), "only the log has the reason");
        }
        if (counted) {
          let last;
          await eventually(
            `${name} counted`,
            async () => counted((last = await metricsOf(stack, "proxy"))),
            // A call that was not awaited is counted at its own timeout.
            15_000,
          ).catch((error) => assert.fail(`${error.message}\n${last.text}`));
        }
        if (healthAfter) await checkHealth();
        await eventually(
          "its line",
          () =>
            linesOf(
              stack,
              (l) => l.trace_id === TRACE && l.event === "request" && l.worker === "books-api-proxy",
            )[0],
          5_000,
        );
      } finally {
        await stack.stop();
      }
    });
  }

  for (const how of ["fail", "hang", "garbage"]) {
    test(`the proxy's binding at the warmer: ${how}`, async () => {
      const stack = await start({ overrides: { warmer: { BOOKS_API_PROXY: how } } });
      try {
        const { status, body, tookMs } = await healthOf(stack, "warmer");
        assert.deepEqual([status, body.status], [200, "degraded"], JSON.stringify(body));
        assert.equal(body.serviceBindings.BOOKS_API_PROXY.status, "error");
        assert.equal(body.serviceBindings.ISBNDB_WORKER.status, "healthy");
        assert.ok(tookMs < 1_600, `${tookMs} ms`);
        const said = await stack.worker("warmer").fetch("/status", AUTHORIZED);
        assert.equal(said.status, 200, "the warmer still answers");
        assert.ok(said.headers.get("x-trace-id"));
      } finally {
        await stack.stop();
      }
    });
  }

  test("the warmer's token: missing", async () => {
    const stack = await start({ secrets: { warmer: { ADMIN_TOKEN: null } } });
    try {
      const { status, body } = await healthOf(stack, "warmer");
      assert.deepEqual([status, body.status, body.secrets.ADMIN_TOKEN], [503, "error", false]);
      const said = await stack.worker("warmer").fetch("/status", AUTHORIZED);
      assert.ok(said.status >= 400, "every request is refused");
      assert.equal(said.headers.get("content-type"), "application/problem+json");
    } finally {
      await stack.stop();
    }
  });
});

/** Sends `count` ISBNs to the ISBNdb Worker, `atOnce` at a time; returns the statuses. */
async function ask(stack, count, atOnce, from = 0) {
  const statuses = new Map();
  for (let done = 0; done < count; done += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, count - done) }, async (_, n) => {
      const response = await stack.worker("isbndb").fetch(`/book/${isbn(from + done + n)}`);
      const body = await response.json();
      const key = `${response.status} ${body.errorCode ?? ""}`.trim();
      statuses.set(key, (statuses.get(key) ?? 0) + 1);
    });
    await Promise.all(batch);
  }
  return statuses;
}

const isbndb = async (stack) => (await stack.emulators.counts()).isbndb.requests;

/** No pace, so that only the service client limits the calls. */
const UNPACED = {
  ISBNDB_PLAN: "enterprise",
  ISBNDB_INTERVAL_MS: "1",
  ISBNDB_CALLS_PER_MINUTE: "60000",
  RATE_LIMIT_MS: "0",
};

describe("figures, counted at the emulator", () => {
  test("a total outage: attempts over 1,000 calls are at most 1.2 a call", async (t) => {
    const stack = await start({
      workers: ["isbndb"],
      vars: { isbndb: { ...UNPACED, BREAKER_FAILURES: "0" } },
    });
    try {
      await stack.emulators.faults({ provider: "isbndb", fault: "status", status: 500, path: "book/" });
      const before = await isbndb(stack);
      const statuses = await ask(stack, 1_000, 20);
      const attempts = (await isbndb(stack)) - before;
      t.diagnostic(`attempts/calls = ${attempts}/1000; answers ${JSON.stringify([...statuses])}`);
      assert.equal(statuses.get("502 UPSTREAM_ERROR"), 1_000, JSON.stringify([...statuses]));
      assert.ok(attempts <= 1_200, `${attempts} attempts`);
      assert.ok(attempts > 1_050, `${attempts}: there are retries`);
    } finally {
      await stack.stop();
    }
  });

  for (const probes of [1, 3]) {
    test(`an open breaker: 1,000 callers make ${probes} probe(s)`, async (t) => {
      const stack = await start({
        workers: ["isbndb"],
        vars: {
          isbndb: { ...UNPACED, BREAKER_PROBES: `${probes}`, RETRY_ATTEMPTS: "1" },
        },
      });
      try {
        // Slow failures, so that the probes run while all other callers ask.
        const slow = { provider: "isbndb", fault: "status", status: 503, path: "book/", latencyMs: 2_500 };
        await stack.emulators.faults({ ...slow, latencyMs: 0 });
        await ask(stack, 3, 1);
        // Each failed probe doubles the pause; the last pause has to outlast the 1,000 callers.
        for (const pauseMs of [1_000, 2_000]) {
          await sleep(pauseMs + 100);
          await ask(stack, 1, 1);
        }
        const refused = await ask(stack, 5, 1, 10);
        assert.deepEqual([...refused], [["503 CIRCUIT_OPEN", 5]]);
        await stack.emulators.faults(slow);
        await sleep(4_100);
        const before = await isbndb(stack);
        const probing = ask(stack, probes, probes, 100);
        const isOut = async () => (await isbndb(stack)) - before === probes;
        await eventually("the probes were sent", isOut, 2_500);
        const statuses = await ask(stack, 1_000, 1_000, 200);
        await probing;
        const sent = (await isbndb(stack)) - before;
        t.diagnostic(
          `${sent} requests for ${1_000 + probes} callers; answers ${JSON.stringify([...statuses])}`,
        );
        assert.equal(sent, probes);
        assert.equal(statuses.get("503 CIRCUIT_OPEN"), 1_000, JSON.stringify([...statuses]));
      } finally {
        await stack.stop();
      }
    });
  }

  for (const provider of ["openlibrary", "isbndb", "google"]) {
    test(`${provider} hangs: a batch of 200 waits under 24 seconds in all`, async (t) => {
      const google = provider === "google" ? "google-key-1" : null;
      const stack = await start({
        workers: ["isbndb", "proxy"],
        secrets: { proxy: { GOOGLE_BOOKS_API_KEY: google, GOOGLE_BOOKS_IOSKEY: null } },
      });
      try {
        await stack.emulators.faults({ provider, fault: "hang" });
        const started = Date.now();
        const outcomes = {};
        for (const from of [0, 100]) {
          const items = Array.from({ length: 100 }, (_, n) => ({
            id: `${from + n}`,
            kind: "isbn",
            isbn: isbn(from + n),
          }));
          const response = await stack.worker("proxy").fetch("/search/batch", {
            method: "POST",
            headers: { ...AUTHORIZED.headers, "content-type": "application/json" },
            body: JSON.stringify({ items }),
          });
          const text = await response.text();
          assert.equal(response.status, 200, text);
          for (const { outcome } of JSON.parse(text).results) {
            outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          }
        }
        const waitedMs = Date.now() - started;
        const { requests } = await stack.emulators.log();
        const hung = requests.filter((request) => request.fault === "hang").length;
        t.diagnostic(`${provider}: ${waitedMs} ms, ${hung} hanging requests, ${JSON.stringify(outcomes)}`);
        assert.equal(
          Object.values(outcomes).reduce((a, b) => a + b),
          200,
          "every item has an outcome",
        );
        assert.ok(hung > 0, "the provider was called");
        assert.ok(waitedMs < 24_000, `${waitedMs} ms`);
      } finally {
        await stack.stop();
      }
    });
  }
});
