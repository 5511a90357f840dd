// The named entrypoint: the example calls it, and every method answers as its route does.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { test } from "node:test";

import { ROOT, startStack } from "../harness/index.mjs";
import { knownBooks } from "./support.mjs";

const NAME = "isbndb-biography-worker-production";

/** A Worker that makes the call named in its URL and answers with the result or the error. */
const CALLER = `export default { async fetch(request, env) {
  const [method, args] = JSON.parse(decodeURIComponent(new URL(request.url).search.slice(1)));
  try {
    return Response.json({ result: await env.BIBLIOGRAPHY[method](...args) });
  } catch (error) {
    const { message, code, status } = error;
    return Response.json({ error: { message, code, status } });
  }
} };`;

/** The example, bundled by wrangler's own esbuild as wrangler would. */
function example() {
  const fromWrangler = createRequire(createRequire(path.join(ROOT, "x.js")).resolve("wrangler"));
  const entryPoints = [path.join(ROOT, "examples/rpc-client/index.ts")];
  const { outputFiles } = fromWrangler("esbuild").buildSync({ entryPoints, format: "esm", write: false });
  return outputFiles[0].text;
}

async function withCaller(script, work) {
  const caller = {
    name: "caller",
    modules: true,
    script,
    compatibilityDate: "2026-11-17",
    serviceBindings: {
      BIBLIOGRAPHY: { name: NAME, entrypoint: "Bibliography", props: { caller: "rpc-client" } },
    },
  };
  const stack = await startStack({
    workers: ["isbndb"],
    vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
    emulators: { args: ["--isbndb-plan", "enterprise"] },
    extraWorkers: [caller],
  });
  try {
    const call = async (method, ...args) => {
      const query = encodeURIComponent(JSON.stringify([method, args]));
      return (await stack.worker("caller").fetch(`/?${query}`)).json();
    };
    const [{ isbn13, authors }] = await knownBooks(stack);
    await work({ stack, call, isbn13, author: authors[0] });
  } finally {
    await stack.stop();
  }
}

test("each method returns what its route returns", () =>
  withCaller(CALLER, async ({ stack, call, isbn13, author }) => {
    const route = async (at, init) => (await stack.worker("isbndb").fetch(at, init)).json();
    const book = await route(`/book/${isbn13}`);
    assert.deepEqual((await call("book", isbn13)).result.book, book.book);
    const listed = await route(`/author/${encodeURIComponent(author)}?pageSize=3`);
    const page = (await call("author", author, { pageSize: 3 })).result;
    assert.deepEqual([page.books, page.pageSize], [listed.books, 3]);
    const bulk = (await call("books", [isbn13])).result;
    assert.deepEqual(bulk.found[0], book.book);
    assert.equal((await call("quota")).result.plan, (await route("/quota")).plan);
  }));

test("an error arrives with its code", () =>
  withCaller(CALLER, async ({ call }) => {
    const { error } = await call("book", "123");
    assert.match(error.message, /^BAD_REQUEST: isbn: /);
    const absent = await call("book", "9780306406157");
    assert.match(absent.error.message, /^NOT_FOUND: /);
  }));

test("trace, caller and deadline are passed on", () =>
  withCaller(CALLER, async ({ stack, call, isbn13 }) => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await call("quota", { traceparent, requestId: "request-1" });
    const line = stack
      .logs()
      .map((entry) => entry.json)
      .find((one) => one?.event === "request" && one.request_id === "request-1");
    assert.deepEqual(
      [line.trace_id, line.source],
      ["0af7651916cd43dd8448eb211c80319c", "rpc-client"],
      JSON.stringify(line),
    );
    const late = await call("book", isbn13, { deadlineMs: 1 });
    assert.match(late.error.message, /^DEADLINE_EXCEEDED: /);
  }));

test("the example lists an author's titles, beside calls over HTTP and objects", () =>
  withCaller(example(), async ({ stack, isbn13, author }) => {
    for (let round = 0; round < 5; round++) {
      const [titles, book] = await Promise.all([
        stack.worker("caller").fetch(`/?author=${encodeURIComponent(author)}`),
        stack.worker("isbndb").fetch(`/book/${isbn13}`),
      ]);
      const found = await titles.json();
      assert.equal(titles.status, 200, JSON.stringify(found));
      assert.ok(found.length > 0 && found.every((title) => typeof title === "string"));
      assert.equal(book.status, 200);
    }
  }));
