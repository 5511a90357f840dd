// The proxy's HTTP surface, in workerd.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { eventually } from "../harness/support.mjs";
import { ask, requests, since, startProxy } from "./support.mjs";

const WORKS = "/search/auto?q=dune&maxResults=40";

describe("the proxy's answers over HTTP", () => {
  let stack;
  before(async () => (stack = await startProxy()));
  after(() => stack?.stop());

  test("every tier serves the same bytes: a miss, then R2, KV and memory", async () => {
    const tiers = [];
    const texts = new Set();
    for (const expected of ["MISS", "HIT-R2-COLD", "HIT-KV-HOT", "HIT-MEMORY"]) {
      // The entry is stored and copied after the answer.
      const seen = await eventually(
        expected,
        async () => {
          const answer = await ask(stack, WORKS);
          // A late provider may still improve the entry of a miss.
          if (answer.cache === "MISS") await sleep(500);
          else texts.add(answer.text);
          tiers.push(answer.cache);
          return answer.cache === expected && answer;
        },
        5_000,
      );
      assert.equal(seen.status, 200);
    }
    assert.equal(texts.size, 1, tiers.join());
  });

  test("an answer has caching headers", async () => {
    await ask(stack, WORKS);
    const { headers } = await ask(stack, WORKS);
    assert.match(headers.get("etag"), /^"[0-9a-f]{24}"$/);
    const control = headers.get("cache-control");
    const maxAge = Number(/max-age=(\d+)/.exec(control)?.[1]);
    const left = maxAge - Number(headers.get("age"));
    assert.ok(left > 3_500 && left <= 3_600, control);
    assert.match(control, /stale-while-revalidate=\d+, stale-if-error=\d+/);
    assert.match(headers.get("vary"), /accept-encoding/i);
    assert.match(headers.get("cache-status"), /proxy-[a-z0-9]+; hit; ttl=\d+/);
    assert.match(headers.get("server-timing"), /total;dur=/);
    assert.match(headers.get("x-response-time"), /^\d+$/);
  });

  test("If-None-Match with lists, weak tags and `*` gives a 304", async () => {
    const etag = (await ask(stack, WORKS)).headers.get("etag");
    for (const [value, status] of [
      [etag, 304],
      [`W/${etag}`, 304],
      [`"x", ${etag}`, 304],
      ["*", 304],
      ['"x"', 200],
      [etag.replaceAll('"', ""), 200],
    ]) {
      const answer = await ask(stack, WORKS, { headers: { "if-none-match": value } });
      assert.equal(answer.status, status, value);
      if (status !== 304) continue;
      assert.equal(answer.text, "");
      for (const name of ["etag", "cache-control", "vary", "age"]) assert.ok(answer.headers.get(name), name);
    }
  });

  test("each slice has its own tag and 304", async () => {
    const slice = `${WORKS}&startIndex=1&maxResults=2`.replace("maxResults=40&", "");
    const one = await ask(stack, slice);
    const whole = (await ask(stack, WORKS)).json();
    assert.deepEqual(
      one.json().items.map((i) => i.id),
      whole.items.slice(1, 3).map((i) => i.id),
    );
    assert.equal(one.json().totalItems, whole.totalItems);
    assert.notEqual(one.headers.get("etag"), (await ask(stack, WORKS)).headers.get("etag"));
    const again = await ask(stack, slice, { headers: { "if-none-match": one.headers.get("etag") } });
    assert.equal(again.status, 304);
    // A `Content-Length: 0` in a 304 would mean that the page is empty.
    const head = await ask(stack, slice, {
      method: "HEAD",
      headers: { "if-none-match": one.headers.get("etag") },
    });
    assert.deepEqual([head.status, head.headers.get("content-length")], [304, null]);
  });

  for (const order of ["relevance", "newest"]) {
    test(`paging by totalItems shows every book once, by ${order}`, async () => {
      const page = async (startIndex) =>
        (
          await ask(stack, `/search/auto?q=the&maxResults=40&startIndex=${startIndex}&orderBy=${order}`)
        ).json();
      await eventually(
        "stored",
        async () => (await ask(stack, "/search/auto?q=the")).cache !== "MISS",
        5_000,
      );
      // A late provider may still improve the entry of a miss.
      await sleep(500);
      const ids = [];
      const { totalItems } = await page(0);
      assert.ok(totalItems > 40, `${totalItems}`);
      for (let at = 0; at < totalItems; at += 40) ids.push(...(await page(at)).items.map((item) => item.id));
      assert.deepEqual([ids.length, new Set(ids).size], [totalItems, totalItems]);
    });
  }

  test("an old copy in KV is not combined with a newer overflow page", async () => {
    const second = "/search/auto?q=the&maxResults=40&startIndex=40";
    const key = "v2/any/the";
    const kv = await stack.kv("proxy", "CACHE");
    await ask(stack, "/search/auto?q=the");
    const copy = () => kv.getWithMetadata(key, "text");
    const old = await eventually(
      "promoted",
      async () => {
        await ask(stack, "/search/auto?q=the");
        const { value, metadata } = await copy();
        return value && { value, metadata };
      },
      5_000,
    );
    const body = JSON.stringify({ cache: "refresh", items: [{ id: "a", kind: "auto", q: "the" }] });
    assert.equal((await ask(stack, "/search/batch", { method: "POST", body })).status, 200);
    await kv.put(key, old.value, { metadata: old.metadata });
    const before = await requests(stack);
    assert.equal((await ask(stack, "/search/auto?q=the&maxResults=9")).cache, "HIT-KV-HOT");
    const rest = await ask(stack, second);
    assert.equal(rest.cache, "HIT-R2-COLD");
    assert.equal(rest.headers.get("cache-status").match(/; hit/g).length, 1);
    assert.notDeepEqual((await copy()).metadata, old.metadata);
    assert.equal((await ask(stack, second)).cache, "HIT-KV-HOT");
    assert.deepEqual(Object.values(await since(stack, before)), [0, 0, 0]);
  });

  test("a language code may have two or three letters", async () => {
    const total = async (code) =>
      (await ask(stack, `/search/auto?q=dune&langRestrict=${code}`)).json().totalItems;
    const english = await total("en");
    assert.ok(english > 0);
    assert.equal(await total("eng"), english);
  });

  test("spelling and view do not change the key", async () => {
    await ask(stack, WORKS);
    const before = await requests(stack);
    for (const path of [
      "/search/auto?query=DUNE",
      "/search/auto?maxResults=3&q=%20dune%20",
      "/search/auto?q=dune&langRestrict=en&includeTranslations=true",
      "/search/auto?q=D%C3%BCne",
      "/search/auto?q=dune&orderBy=newest",
    ]) {
      const answer = await ask(stack, path);
      assert.equal(answer.status, 200, path);
      assert.notEqual(answer.cache, "MISS", path);
    }
    assert.deepEqual(Object.values(await since(stack, before)), [0, 0, 0]);
  });

  test("a bad parameter is an uncacheable 400 that names it", async () => {
    for (const [path, name] of [
      ["/search/auto", "q"],
      ["/search/auto?q=", "q"],
      ["/search/auto?q=%20", "q"],
      [`/search/auto?q=${"a".repeat(501)}`, "q"],
      ["/search/auto?q=dune&maxResults=abc", "maxResults"],
      ["/search/auto?q=dune&maxResults=41", "maxResults"],
      ["/search/auto?q=dune&startIndex=-1", "startIndex"],
      ["/search/auto?q=dune&langRestrict=english", "langRestrict"],
      ["/search/isbn?isbn=9780441172718", "isbn"],
      ["/search/advanced", "title"],
      ["/book/123", "isbn"],
      ["/author/x?page=0", "page"],
    ]) {
      const answer = await ask(stack, path);
      assert.equal(answer.status, 400, path);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      assert.equal(answer.headers.get("cache-control"), "no-store");
      const problem = answer.json();
      assert.ok(problem.detail.startsWith(`${name}: `), problem.detail);
      assert.equal(problem.errorCode, "BAD_REQUEST");
      assert.equal(problem.service, "books-api-proxy");
      assert.ok(problem.troubleshooting.suggestion);
    }
  });

  test("methods, unknown paths, HEAD and preflight", async () => {
    const post = await ask(stack, "/search/auto?q=dune", { method: "POST" });
    assert.deepEqual([post.status, post.headers.get("allow")], [405, "GET, HEAD, OPTIONS"]);
    const get = await ask(stack, "/search/batch");
    assert.deepEqual([get.status, get.headers.get("allow")], [405, "POST, OPTIONS"]);
    assert.equal((await ask(stack, "/nothing")).status, 404);
    const head = await ask(stack, WORKS, { method: "HEAD" });
    const whole = await ask(stack, WORKS);
    assert.deepEqual([head.status, head.text], [200, ""]);
    assert.equal(head.headers.get("etag"), whole.headers.get("etag"));
    const preflight = await ask(stack, WORKS, {
      method: "OPTIONS",
      headers: { origin: "https://app.example", "access-control-request-method": "GET" },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
    assert.match(preflight.headers.get("access-control-allow-methods"), /GET/);
  });

  test("every error under Google's path has Google's format", async () => {
    for (const [method, path, status] of /** @type {const} */ ([
      ["POST", "/books/v1/volumes", 405],
      ["GET", "/books/v1/nothing", 404],
      ["GET", "/books/v1/volumes/x", 404],
      ["GET", "/books/v1/volumes", 400],
    ])) {
      const answer = await ask(stack, path, { method });
      assert.equal(answer.status, status, path);
      const { error } = answer.json();
      assert.equal(error.code, status, path);
      assert.ok(error.errors[0].reason && error.message, path);
      assert.equal(answer.headers.get("allow") !== null, status === 405, path);
    }
  });

  test("restricted routes refuse anonymous clients", async () => {
    const none = { authorization: "" };
    for (const [path, method] of [
      ["/search/batch", "POST"],
      ["/cache?q=dune", "DELETE"],
      ["/metrics", "GET"],
    ]) {
      const bare = await stack
        .worker("proxy")
        .fetch(path, { method, body: method === "POST" ? "{}" : undefined });
      assert.equal(bare.status, 401, path);
      assert.equal(bare.headers.get("www-authenticate"), "Bearer");
      const preflight = await ask(stack, path, {
        method: "OPTIONS",
        headers: { ...none, origin: "https://a.example" },
      });
      assert.doesNotMatch(preflight.headers.get("access-control-allow-headers"), /authorization/, path);
      const wrong = await ask(stack, path, {
        method,
        headers: { ...none, authorization: "Bearer wrong" },
        body: method === "POST" ? "{}" : undefined,
      });
      assert.equal(wrong.status, 403, path);
      assert.ok(wrong.ms > 900, `a guess took ${wrong.ms} ms`);
    }
  });

  test("an ISBN gives one book or a 404", async () => {
    const { books } = await stack.emulators.catalogue();
    const book = books.find((b) => b.knownTo.length === 3 && b.kind === "listed");
    const found = await ask(stack, `/book/${book.isbn10 ?? book.isbn13}`);
    assert.equal(found.status, 200);
    assert.equal(found.json().id, `isbn-${book.isbn13}`);
    assert.equal((await ask(stack, `/search/isbn?isbn=${book.isbn13}`)).json().totalItems, 1);
    // A valid ISBN that no provider has.
    const missing = await ask(stack, "/book/9786123456702");
    assert.equal(missing.status, 404);
    assert.equal(missing.headers.get("cache-control"), "no-store");
    const empty = await ask(stack, "/search/isbn?isbn=9786123456702");
    assert.deepEqual([empty.status, empty.json().totalItems, empty.json().partial], [200, 0, false]);
    assert.equal(empty.headers.get("cache-control"), "no-cache");
  });

  test("a purge deletes the entry from every tier", async () => {
    await eventually("stored", async () => (await ask(stack, "/search/auto?q=1984")).cache !== "MISS", 5_000);
    const purged = await ask(stack, "/cache?q=1984", { method: "DELETE" });
    assert.equal(purged.status, 200);
    assert.equal((await ask(stack, "/search/auto?q=1984")).cache, "MISS");
    assert.equal((await ask(stack, "/cache", { method: "DELETE" })).status, 400);
  });

  test("any text of up to 500 characters is answered", async () => {
    for (const q of [
      "???",
      "🦀🦀",
      "\u0000\u0001",
      "村上春樹",
      "Толстой",
      "ألف ليلة",
      "a".repeat(500),
      "é".repeat(500),
      "%",
      '"',
      "intitle:",
      "isbn:",
      "isbn:123",
      "-",
      "C++",
      "\u202e\u202d",
      "\ufeff",
      "\ud83e",
      "= =",
      "AND OR NOT",
      "key:/works/OL1W",
    ]) {
      const answer = await ask(stack, `/search/auto?q=${encodeURIComponent(q.toWellFormed())}`);
      assert.ok(
        answer.status === 200 || answer.status === 400,
        `${JSON.stringify(q.slice(0, 20))}: ${answer.status} ${answer.text.slice(0, 200)}`,
      );
    }
  });

  test("the index and the OpenAPI description are served", async () => {
    assert.equal((await ask(stack, "/")).json().worker, "books-api-proxy");
    assert.equal((await ask(stack, "/openapi.json")).json().openapi, "3.1.0");
    const metrics = await ask(stack, "/metrics");
    assert.match(metrics.text, /proxy_to_isbndb_calls/);
  });
});

describe("one book", () => {
  let stack;
  before(async () => {
    stack = await startProxy({ vars: { proxy: { RATE_LIMIT_MS: "0", OPEN_LIBRARY_INTERVAL_MS: "0" } } });
    await stack.emulators.settings({ pace: false });
  });
  after(() => stack?.stop());

  test("a failed provider makes an ISBN's answer partial and uncacheable", async () => {
    const { books } = await stack.emulators.catalogue();
    const book = books.find((b) => b.knownTo.length === 3 && b.kind === "edition");
    // The refusal needs no retry, so it arrives within the grace of 150 ms.
    await stack.emulators.faults({ provider: "openlibrary", fault: "status", status: 403 });
    try {
      const answer = await ask(stack, `/search/isbn?isbn=${book.isbn13}`);
      const { items, partial, providers } = answer.json();
      assert.deepEqual(
        items.map((item) => item.id),
        [`isbn-${book.isbn13}`],
      );
      assert.equal(providers.find((p) => p.name === "open-library").outcome, "refused");
      assert.equal(partial, true);
      assert.equal(answer.headers.get("cache-control"), "no-cache");
    } finally {
      await stack.emulators.clear();
    }
  });

  test("a book is a 404 only if every provider denies it", async () => {
    await stack.emulators.faults({ provider: "google", fault: "status", status: 403 });
    try {
      const unsure = await ask(stack, "/book/9786123456719");
      assert.equal(unsure.status, 503, unsure.text);
      assert.ok(Number(unsure.headers.get("retry-after")) > 0);
      assert.equal(unsure.json().providers.filter((p) => p.outcome === "not_found").length, 2);
    } finally {
      await stack.emulators.clear();
    }
    await ask(stack, "/cache?isbn=9786123456719", { method: "DELETE" });
    assert.equal((await ask(stack, "/book/9786123456719")).status, 404);
  });

  test("a volume without an ISBN is cached under its id", async () => {
    const { books } = await stack.emulators.catalogue();
    const only = async (provider, path, prefix) => {
      for (const other of ["google", "openlibrary", "isbndb"].filter((name) => name !== provider)) {
        await stack.emulators.faults({ provider: other, fault: "status", status: 503 });
      }
      try {
        return (await ask(stack, path)).json().items.find((item) => item.id.startsWith(prefix));
      } finally {
        await stack.emulators.clear();
      }
    };
    // A work of Open Library; the search shows it under the ISBN of an edition.
    const { title } = books.find((b) => b.kind === "listed" && b.knownTo.includes("openlibrary"));
    const edition = await only("openlibrary", `/search/title?${new URLSearchParams({ title })}`, "isbn-");
    const work = { ...edition, id: `ol-${edition.workId}` };
    // A volume of Google without an ISBN.
    let volume;
    for (const { authors } of books.filter((b) => b.kind === "listed" && b.knownTo.includes("google"))) {
      volume = await only("google", `/search/author?${new URLSearchParams({ author: authors[0] })}`, "g-");
      if (volume) break;
    }
    for (const [wanted, provider] of [
      [work, "openlibrary"],
      [volume, "google"],
    ]) {
      const path = `/books/v1/volumes/${wanted.id}`;
      const before = await requests(stack);
      for (const expected of ["MISS", "HIT-R2-COLD", "HIT-KV-HOT"]) {
        const seen = await eventually(
          `${path} ${expected}`,
          async () => {
            const answer = await ask(stack, path);
            return (answer.cache === expected || answer.status !== 200) && answer;
          },
          5_000,
        );
        assert.equal(seen.status, 200, seen.text);
        assert.equal(seen.json().id, wanted.id);
        assert.deepEqual(seen.json().volumeInfo.authors, wanted.volumeInfo.authors);
        assert.match(seen.headers.get("etag"), /^"[0-9a-f]{24}"$/);
      }
      const one = { google: 0, isbndb: 0, openlibrary: 0, [provider]: 1 };
      assert.deepEqual(await since(stack, before), one);
      assert.equal((await ask(stack, `/cache?id=${wanted.id}`, { method: "DELETE" })).status, 200);
      assert.equal((await ask(stack, path)).cache, "MISS");
    }
    // An absence is stored too.
    const before = await requests(stack);
    for (const _ of [1, 2]) assert.equal((await ask(stack, "/books/v1/volumes/ol-OL999999999W")).status, 404);
    assert.deepEqual(await since(stack, before), { google: 0, isbndb: 0, openlibrary: 1 });
    // An id that the proxy does not issue causes no call.
    for (const id of ["g-a%2Fb", "ol-OL1M", "db-1", "x", `g-${"a".repeat(65)}`]) {
      assert.equal((await ask(stack, `/books/v1/volumes/${id}`)).status, 404, id);
    }
    assert.deepEqual(await since(stack, before), { google: 0, isbndb: 0, openlibrary: 1 });
  });
});

describe("origins and tokens", () => {
  test("only listed origins may read, and Vary names the origin", async () => {
    const stack = await startProxy({ vars: { proxy: { ALLOWED_ORIGINS: "https://a.example" } } });
    try {
      const from = (origin) => ask(stack, "/", { headers: { origin } });
      const allowed = await from("https://a.example");
      assert.equal(allowed.headers.get("access-control-allow-origin"), "https://a.example");
      assert.match(allowed.headers.get("vary"), /origin/);
      assert.equal((await from("https://b.example")).headers.get("access-control-allow-origin"), null);
    } finally {
      await stack.stop();
    }
  });

  test("a search token is needed for misses only", async () => {
    const stack = await startProxy({ secrets: { proxy: { SEARCH_TOKEN: "open-sesame-to-all" } } });
    try {
      const path = "/search/auto?q=dune";
      const fetch = (headers) => stack.worker("proxy").fetch(path, { headers });
      assert.equal((await fetch({})).status, 401);
      const began = Date.now();
      assert.equal((await fetch({ "x-search-token": "wrong" })).status, 403);
      assert.ok(Date.now() - began >= 900, "a wrong token is answered after a second");
      assert.equal((await fetch({ "x-search-token": "open-sesame-to-all" })).status, 200);
      await eventually(
        "stored",
        async () =>
          (await fetch({ "x-search-token": "open-sesame-to-all" })).headers.get("x-cache") !== "MISS",
        5_000,
      );
      assert.equal((await fetch({})).status, 200);
    } finally {
      await stack.stop();
    }
  });

  test("an unreadable search token admits no miss", async () => {
    const bound = `[[secrets_store_secrets]]
binding = "SEARCH_TOKEN"
store_id = "default_secrets_store"
secret_name = "SEARCH_TOKEN"

`;
    const stack = await startProxy({
      configs: {
        proxy: (text) => text.replace("[[secrets_store_secrets]]", `${bound}[[secrets_store_secrets]]`),
      },
    });
    try {
      const fetch = () =>
        stack.worker("proxy").fetch("/search/auto?q=dune", { headers: { "x-search-token": "any" } });
      const before = await requests(stack);
      const refused = await fetch();
      assert.equal(refused.status, 503);
      assert.ok(Number(refused.headers.get("retry-after")) > 0);
      assert.deepEqual(Object.values(await since(stack, before)), [0, 0, 0]);
      // A hit needs no token.
      await eventually(
        "stored",
        async () => (await ask(stack, "/search/auto?q=dune")).cache !== "MISS",
        5_000,
      );
      assert.equal((await fetch()).status, 200);
    } finally {
      await stack.stop();
    }
  });

  test("anonymous misses stay within the public share", async () => {
    const stack = await startProxy({ vars: { proxy: { PUBLIC_SHARE: "0.01", GOOGLE_DAILY_QUOTA: "1000" } } });
    try {
      // No provider has these ISBNs: Google is queried twice for each, by `isbn:` and by the bare
      // ISBN.
      const numbers = ["9780306406157", "9781861972712", "9780131103627"];
      numbers.push("9783161484100", "9780262033848", "9780201633610");
      const seen = [];
      for (const [n, isbn] of numbers.entries()) {
        const headers = { "cf-connecting-ip": `192.0.2.${n}` };
        seen.push((await stack.worker("proxy").fetch(`/search/isbn?isbn=${isbn}`, { headers })).status);
      }
      assert.deepEqual(seen, [...Array(5).fill(200), 429]);
      const { requests } = (await stack.emulators.counts()).google;
      assert.ok(requests > 5 && requests <= 10, `${requests}`);
    } finally {
      await stack.stop();
    }
  });

  test("anonymous misses are limited, hits are not", async () => {
    const stack = await startProxy({ vars: { proxy: { PUBLIC_SHARE: "0.01", GOOGLE_DAILY_QUOTA: "1000" } } });
    try {
      let visitor = 0;
      const fetch = (q) => {
        const headers = { "cf-connecting-ip": `192.0.2.${(visitor += 1)}` };
        return stack.worker("proxy").fetch(`/search/auto?q=${encodeURIComponent(q)}`, { headers });
      };
      const seen = [];
      for (let n = 0; n < 14; n += 1) seen.push((await fetch(`question ${n}`)).status);
      // The public share has ten units of Google; a query that is widened takes two.
      const answered = seen.indexOf(429);
      assert.ok(answered >= 5 && answered <= 10, seen.join());
      assert.deepEqual([...new Set(seen.slice(answered))], [429]);
      const { requests: atGoogle } = (await stack.emulators.counts()).google;
      assert.ok(atGoogle <= 10, `${atGoogle} requests`);
      const refused = await fetch("question 99");
      assert.ok(Number(refused.headers.get("retry-after")) > 0);
      assert.equal((await fetch("question 1")).status, 200);
      assert.equal((await ask(stack, "/search/auto?q=question%2098")).status, 200);
    } finally {
      await stack.stop();
    }
  });
});
