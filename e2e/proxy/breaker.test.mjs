// Which answers open a breaker, and how searches recover from a short outage.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { admin } from "../harness/support.mjs";
import { ask, requests, since, startProxy } from "./support.mjs";

/** A stack with the breakers of production. */
const start = () => {
  const on = { BREAKER_FAILURES: null };
  return startProxy({ vars: { isbndb: on, proxy: on } });
};

async function breakerOf(stack, provider) {
  const health = await stack.worker("proxy").fetch("/health", { headers: admin });
  return (await health.json()).providers[provider].breaker;
}

const outcomes = (answer) => answer.json().providers.map((one) => `${one.name}: ${one.outcome}`);
const purge = (stack, q) => ask(stack, `/cache?q=${encodeURIComponent(q)}`, { method: "DELETE" });
const auto = (stack, q) => ask(stack, `/search/auto?q=${encodeURIComponent(q)}`);

test("forty unknown volume ids do not open Google's breaker", async () => {
  const stack = await start();
  try {
    const before = await requests(stack);
    const id = (n) => `g-AAAAAAAAAA${String(n).padStart(2, "0")}`;
    for (let n = 0; n < 20; n += 1) {
      const unknown = await ask(stack, `/books/v1/volumes/${id(n)}`);
      assert.equal(unknown.status, 503, unknown.text);
      assert.equal(unknown.headers.get("retry-after"), "5");
      assert.equal(unknown.json().error.details[0].reason, "UNKNOWN_OR_DOWN");
    }
    assert.equal((await since(stack, before)).google, 20, "one request for each id");
    const search = await auto(stack, "emma");
    assert.deepEqual([search.status, search.json().partial], [200, false], search.text);
    // Google has just answered another call, so a 503 is about the id.
    for (let n = 20; n < 40; n += 1) {
      const unknown = await ask(stack, `/books/v1/volumes/${id(n)}`);
      assert.equal(unknown.status, 404, unknown.text);
    }
    const again = await requests(stack);
    assert.equal((await ask(stack, `/books/v1/volumes/${id(20)}`)).status, 404);
    assert.equal((await since(stack, again)).google, 1, "nothing was stored");
    assert.equal(await breakerOf(stack, "google-books"), "closed");
    assert.equal((await auto(stack, "the hobbit")).json().partial, false);
    // After a failed call, Google may be down: a 503 again.
    await stack.emulators.faults({ provider: "google", fault: "status", status: 500, path: "q=" });
    await auto(stack, "dracula");
    await stack.emulators.clear();
    assert.equal((await ask(stack, `/books/v1/volumes/${id(1)}`)).status, 503);
  } finally {
    await stack.stop();
  }
});

test("long texts and the word The open no breaker", async () => {
  const stack = await start();
  try {
    const from = (await stack.emulators.log()).seq;
    for (const n of [500, 499, 498, 497]) {
      const { status } = await auto(stack, "\ufdfa".repeat(n));
      assert.equal(status, 200, `${n}`);
    }
    for (const q of ["The", "THE", "tHE", "the", "it", "IT", "a"]) {
      for (const path of ["/search/auto?q=", "/search/title?title=", "/search/author?author="]) {
        const answer = await ask(stack, path + q);
        assert.equal(answer.json().partial, false, `${path}${q}: ${answer.text.slice(0, 200)}`);
      }
    }
    const { requests: seen } = await stack.emulators.log(from);
    assert.ok(seen.length > 0);
    for (const { status, provider, path, query } of seen) {
      // ISBNdb answers 404 for an absence.
      const none = provider === "isbndb" && status === 404;
      assert.ok(status < 400 || none, `${provider} ${path} ${status} ${query}`);
      assert.ok(path.length + query.length < 4_000, `${provider} ${path} ${query.length}`);
    }
    for (const provider of ["google-books", "open-library"]) {
      assert.equal(await breakerOf(stack, provider), "closed");
    }
  } finally {
    await stack.stop();
  }
});

test("rejected requests open no breaker", async () => {
  const stack = await start();
  try {
    for (const status of [400, 413, 414, 422, 431]) {
      for (const provider of ["google", "openlibrary"]) {
        await stack.emulators.faults({ provider, fault: "status", status, body: "<html>" });
      }
      const q = `refused ${status}`;
      const refused = await auto(stack, q);
      const told = outcomes(refused).filter((one) => one.endsWith(": rejected"));
      assert.equal(told.length, 2, refused.text);
      await stack.emulators.clear();
      await purge(stack, q);
    }
    for (const provider of ["google-books", "open-library"]) {
      assert.equal(await breakerOf(stack, provider), "closed");
    }
    assert.equal((await auto(stack, "emma")).json().partial, false);
  } finally {
    await stack.stop();
  }
});

test("an outage of a second is over a few seconds later", async () => {
  const stack = await start();
  try {
    await stack.emulators.faults({ provider: "all", fault: "status", status: 500 });
    // Three failed calls of each provider open its breaker.
    let failed;
    for (const q of ["blip one", "blip two", "blip three", "blip four"]) {
      failed = await auto(stack, q);
      assert.equal(failed.status, 503, failed.text);
      assert.ok(Number(failed.headers.get("retry-after")) <= 5);
    }
    assert.ok(outcomes(failed).includes("google-books: circuit_open"), failed.text);
    await stack.emulators.clear();
    const paths = ["/book/9780140447934", "/search/isbn?isbn=9780140447934"];
    const [book, search] = [await ask(stack, paths[0]), await ask(stack, paths[1])];
    assert.equal(search.status, book.status, search.text);
    await sleep(2_500);
    for (const q of ["blip four", "emma", "the hobbit"]) {
      const whole = await auto(stack, q);
      assert.deepEqual([whole.status, whole.json().partial], [200, false], whole.text.slice(0, 300));
    }
    assert.equal(await breakerOf(stack, "google-books"), "closed");
  } finally {
    await stack.stop();
  }
});

test("an unconfirmed absence is a 503 with Retry-After on every path", async () => {
  const stack = await start();
  try {
    // No provider has the ISBN: ISBNdb confirms it, and the others are down.
    const isbn = "9786123456702";
    for (const provider of ["google", "openlibrary"]) {
      await stack.emulators.faults({ provider, fault: "status", status: 500 });
    }
    for (const q of ["open one", "open two", "open three"]) await auto(stack, q);
    const paths = [
      `/book/${isbn}`,
      `/search/isbn?isbn=${isbn}`,
      `/search/auto?q=${isbn}`,
      `/search/advanced?isbn=${isbn}`,
      `/books/v1/volumes?q=isbn:${isbn}`,
      `/books/v1/volumes/isbn-${isbn}`,
    ];
    const answers = [];
    for (const path of paths) answers.push(await ask(stack, path));
    for (const [at, answer] of answers.entries()) {
      assert.equal(answer.status, 503, `${paths[at]}: ${answer.text}`);
      const secs = Number(answer.headers.get("retry-after"));
      assert.ok(secs >= 1 && secs <= 4, `${paths[at]}: ${secs}`);
    }
    await stack.emulators.clear();
    await sleep(5_000);
    assert.equal((await ask(stack, paths[0])).status, 404);
    const none = await ask(stack, paths[1]);
    assert.deepEqual([none.status, none.json().totalItems, none.json().partial], [200, 0, false]);
  } finally {
    await stack.stop();
  }
});
