// The gateway of examples/ in front of the three Workers, with the AUTH Worker of examples/.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ADMIN_TOKEN } from "../harness/index.mjs";
import { AUTH, TOKEN, linesOf, withStack } from "./support.mjs";

const WORKERS = ["isbndb", "proxy", "warmer", "gateway"];
const SEARCH = "/search/isbn?q=9780441172719";
const known = { "x-custom-token": TOKEN };

const gatewayStack = (overrides, options, work) =>
  withStack({ workers: WORKERS, overrides: { gateway: { AUTH, ...overrides } }, ...options }, (stack) =>
    work(stack.worker("gateway"), stack),
  );

test("the gateway asks AUTH, routes by prefix, and reports its parts", () =>
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
    assert.equal(inProxy.trace_id, "0af7651916cd43dd8448eb211c80319c", "one trace over both");
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
    assert.equal(closed.status, 401, "the warmer's own token is still needed");
    for (const path of ["/", "/nothing", "/metrics", "/cache?q=dune", "/searching"]) {
      const unknown = await gateway.fetch(path, { headers: known });
      assert.deepEqual([unknown.status, await unknown.text()], [404, "Not Found"], path);
    }
    const health = await gateway.fetch("/health");
    const report = await health.json();
    assert.deepEqual([health.status, report.status], [200, "healthy"], JSON.stringify(report));
    assert.deepEqual(Object.keys(report.serviceBindings).sort(), ["AUTH", "BOOKS_API_PROXY", "CACHE_WARMER"]);
  }));

test("a page of another origin sends the token through the gateway", () =>
  gatewayStack({}, {}, async (gateway) => {
    const origin = "https://app.example";
    const preflight = await gateway.fetch("/search/isbn?q=9780441172719", {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "GET",
        "access-control-request-headers": "x-custom-token",
      },
    });
    assert.equal(preflight.status, 204, await preflight.text());
    assert.match(preflight.headers.get("access-control-allow-headers"), /x-custom-token/);
    const found = await gateway.fetch(SEARCH, { headers: { ...known, origin } });
    assert.deepEqual([found.status, found.headers.get("access-control-allow-origin")], [200, "*"]);
    const refused = await gateway.fetch(SEARCH, { headers: { origin } });
    assert.deepEqual([refused.status, refused.headers.get("access-control-allow-origin")], [403, "*"]);
  }));

for (const how of ["reject", "hang"]) {
  test(`an AUTH Worker that fails lets no request in: ${how}`, () =>
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
        assert.ok(post.status >= 400, "no read: production refuses it without the admin token");
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
