// The gateway of examples/ in front of the three Workers, with the AUTH Worker of examples/.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";

import { openTab, skip, startBrowser } from "../harness/browser.mjs";
import { ADMIN_TOKEN } from "../harness/index.mjs";
import { AUTH, TOKEN, linesOf, withStack } from "./support.mjs";

const WORKERS = ["isbndb", "proxy", "warmer", "gateway"];
const SEARCH = "/search/isbn?q=9780441172719";
const known = { "x-custom-token": TOKEN };

const gatewayStack = (overrides, options, work) =>
  withStack({ workers: WORKERS, overrides: { gateway: { AUTH, ...overrides } }, ...options }, (stack) =>
    work(stack.worker("gateway"), stack),
  );

test("the gateway calls AUTH, routes by prefix, and reports its parts", () =>
  gatewayStack({}, {}, async (gateway, stack) => {
    const refused = await gateway.fetch(SEARCH);
    assert.equal(refused.status, 403);
    assert.equal(await refused.text(), "x-custom-token does not match, request not allowed");
    const { requests } = await stack.emulators.log();
    assert.equal(requests.length, 0, "no provider was called");

    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const found = await gateway.fetch(SEARCH, { headers: { ...known, traceparent } });
    const body = await found.json();
    assert.equal(found.status, 200, JSON.stringify(body));
    assert.ok(body.totalItems > 0);
    assert.equal(found.headers.get("x-trace-id"), "0af7651916cd43dd8448eb211c80319c");
    const inProxy = linesOf(stack, "request").find((line) => line.worker === "books-api-proxy");
    assert.equal(inProxy.trace_id, "0af7651916cd43dd8448eb211c80319c", "one trace over gateway and proxy");
    const again = await gateway.fetch(SEARCH, { headers: known });
    assert.match(again.headers.get("x-cache"), /^HIT/);
    const etag = again.headers.get("etag");
    const unchanged = await gateway.fetch(SEARCH, { headers: { ...known, "if-none-match": etag } });
    assert.equal(unchanged.status, 304);

    const status = await gateway.fetch("/status", {
      headers: { ...known, authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    assert.equal(status.status, 200, await status.text());
    const closed = await gateway.fetch("/status", { headers: known });
    assert.equal(closed.status, 401, "the warmer's own token is required too");
    for (const path of ["/", "/nothing", "/metrics", "/cache?q=dune", "/searching"]) {
      const unknown = await gateway.fetch(path, { headers: known });
      assert.deepEqual([unknown.status, await unknown.text()], [404, "Not Found"], path);
    }
    const health = await gateway.fetch("/health");
    const report = await health.json();
    assert.deepEqual([health.status, report.status], [200, "healthy"], JSON.stringify(report));
    assert.deepEqual(Object.keys(report.serviceBindings).sort(), ["AUTH", "BOOKS_API_PROXY", "CACHE_WARMER"]);
  }));

/** Runs work with a page of an origin of its own, open in a browser. */
async function withPage(work) {
  const server = http.createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<p>"));
  await new Promise((done) => server.listen(0, "127.0.0.1", () => done(null)));
  const browser = await startBrowser();
  try {
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const { tab } = await openTab(browser);
    await tab.goto(`http://127.0.0.1:${port}/`);
    return await work(tab);
  } finally {
    await browser.close();
    server.close();
  }
}

/** The part of an answer that a page's script can read. @param {import("playwright-core").Page} tab */
const fetched = (tab, url, headers) =>
  tab.evaluate(async ([url, headers]) => {
    const answer = await fetch(url, { headers });
    const ids = ["x-trace-id", "x-span-id", "x-request-id"].map((name) => answer.headers.get(name));
    return { status: answer.status, ids, text: await answer.text() };
  }, /** @type {const} */ ([url, headers]));

test("a page of another origin sends the token through the gateway", { skip }, () =>
  gatewayStack({}, {}, (_, stack) =>
    withPage(async (tab) => {
      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
      const url = stack.urls.gateway + SEARCH;
      const found = await fetched(tab, url, { ...known, traceparent });
      assert.equal(found.status, 200, found.text);
      assert.ok(JSON.parse(found.text).totalItems > 0, found.text);
      const refused = await fetched(tab, url, { traceparent });
      assert.deepEqual(
        [refused.status, refused.text],
        [403, "x-custom-token does not match, request not allowed"],
      );
      for (const { ids } of [found, refused]) {
        assert.equal(ids[0], "0af7651916cd43dd8448eb211c80319c");
        assert.ok(ids.every(Boolean), ids.join());
      }
    }),
  ),
);

for (const how of ["reject", "hang"]) {
  test(`an AUTH Worker that fails refuses every request: ${how}`, () =>
    gatewayStack({ AUTH: how }, {}, async (gateway, stack) => {
      const answer = await gateway.fetch(SEARCH, { headers: known });
      assert.equal(answer.status, 503, await answer.text());
      assert.ok(Number(answer.headers.get("retry-after")) > 0);
      const report = await (await gateway.fetch("/health")).json();
      assert.equal(report.serviceBindings.AUTH.status, "error", JSON.stringify(report));
      const { requests } = await stack.emulators.log();
      assert.equal(requests.length, 0, "no provider was called");
    }));
}

for (const [how, status, code] of [
  ["reject", 502, "UPSTREAM_UNREACHABLE"],
  ["hang", 504, "UPSTREAM_TIMEOUT"],
  ["fail", 502, "UPSTREAM_ERROR"],
]) {
  test(`a failing proxy gets a problem document from the gateway: ${how}`, () =>
    gatewayStack({ BOOKS_API_PROXY: how }, {}, async (gateway) => {
      const answer = await gateway.fetch(SEARCH, { headers: known });
      const problem = await answer.json();
      assert.match(answer.headers.get("content-type"), /^application\/problem\+json/);
      assert.deepEqual([answer.status, problem.errorCode], [status, code], JSON.stringify(problem));
      const report = await (await gateway.fetch("/health")).json();
      assert.equal(report.serviceBindings.BOOKS_API_PROXY.status, "error", JSON.stringify(report));
      assert.equal(report.serviceBindings.CACHE_WARMER.status, "healthy", JSON.stringify(report));
    }));
}

test("the proxy's refusals pass the gateway, and the proxy limits by the client's address", () =>
  gatewayStack({}, {}, async (gateway, stack) => {
    const title = (n, address) =>
      gateway.fetch(`/search/title?title=burst+${n}`, {
        headers: { ...known, "cf-connecting-ip": address },
      });
    await stack.emulators.faults({ provider: "all", fault: "status", status: 500 });
    const failed = await title(0, "192.0.2.1");
    const problem = await failed.json();
    assert.deepEqual(
      [failed.status, problem.errorCode, problem.service],
      [503, "ALL_PROVIDERS_FAILED", "books-api-proxy"],
      JSON.stringify(problem),
    );
    assert.ok(Number(failed.headers.get("retry-after")) > 0);
    const burst = await Promise.all(Array.from({ length: 12 }, (_, n) => title(n, "192.0.2.2")));
    const refused = burst.filter(({ status }) => status === 429);
    assert.ok(refused.length >= 2, burst.map(({ status }) => status).join());
    assert.equal((await refused[0].json()).errorCode, "RATE_LIMITED");
    const other = await title(1, "192.0.2.3");
    assert.notEqual(other.status, 429, await other.text());
  }));

const canary = (answer) => `export default { async fetch(request) {
  console.log(JSON.stringify({ event: "canary", url: request.url }));
  ${answer}
} };`;

for (const [how, answer, isProduction] of [
  ["works", `return Response.json({ status: "healthy", from: "canary" });`, false],
  ["fails", `return new Response("boom", { status: 500 });`, true],
  ["hangs", `return new Promise(() => setInterval(() => {}, 1000));`, true],
]) {
  test(`a canary that ${how} gets reads; production answers: ${isProduction}`, () =>
    gatewayStack(
      { BOOKS_API_PROXY_CANARY: canary(answer) },
      { vars: { gateway: { CANARY_PERCENT: "100" } } },
      async (gateway, stack) => {
        const found = await gateway.fetch(SEARCH, { headers: known });
        const body = await found.json();
        assert.equal(found.status, 200, JSON.stringify(body));
        assert.equal(body.from, isProduction ? undefined : "canary");
        assert.ok(linesOf(stack, "canary").length >= 1);
        const post = await gateway.fetch("/search/batch", { method: "POST", headers: known, body: "{}" });
        assert.ok(post.status >= 400, "production refuses the POST without the admin token");
        assert.ok(linesOf(stack, "canary").every((line) => !line.url.includes("batch")));
        const report = await (await gateway.fetch("/health")).json();
        assert.equal(
          report.serviceBindings.BOOKS_API_PROXY_CANARY.status === "error",
          isProduction,
          JSON.stringify(report),
        );
        assert.equal(report.serviceBindings.BOOKS_API_PROXY.status, "healthy");
      },
    ));
}
