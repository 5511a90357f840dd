// POST /search/batch, in workerd.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ask, requests, since, startProxy } from "./support.mjs";

async function batch(stack, body) {
  const answer = await ask(stack, "/search/batch", { method: "POST", body: JSON.stringify(body) });
  assert.equal(answer.status, 200, answer.text);
  return answer.json().results;
}

const byName = (results) => Object.fromEntries(results.map((result) => [result.id, result]));

describe("a batch", () => {
  let stack;
  let author;
  let books;
  before(async () => {
    stack = await startProxy({ emulators: { args: ["--complete"] } });
    const all = (await stack.emulators.catalogue()).books.filter(
      (b) => b.kind === "listed" || b.kind === "further",
    );
    const own = Object.groupBy(all, (b) => b.authors[0]);
    [author, books] = Object.entries(own).sort(([, a = []], [, b = []]) => b.length - a.length)[0];
    books = books.slice(0, 12);
  });
  after(() => stack?.stop());

  const library = () => books.map((b) => ({ id: `b-${b.isbn13}`, isbn: b.isbn13, title: b.title }));

  test("only-if-cached queries no provider", async () => {
    const before = await requests(stack);
    const [result] = await batch(stack, {
      cache: "only-if-cached",
      items: [{ id: "a", kind: "author", name: author, books: library() }],
    });
    assert.equal(result.outcome, "miss");
    assert.deepEqual(Object.values(await since(stack, before)), [0, 0, 0]);
  });

  test("an author is fetched once, and all searches for its books are hits", async () => {
    const before = await requests(stack);
    const [result] = await batch(stack, {
      items: [{ id: "a", kind: "author", name: author, books: library() }],
    });
    assert.equal(result.outcome, "found");
    assert.equal(result.wasCached, false);
    assert.equal(result.tier, "R2");
    const held = result.books.filter((b) => b.isbn && b.title).length;
    assert.ok(held >= books.length - 1, `${held} of ${books.length}`);
    const asked = await since(stack, before);
    assert.equal(asked.google, 0);
    assert.equal(asked.openlibrary, 1);
    assert.ok(asked.isbndb <= 1, `${asked.isbndb}`);
    const kv = await stack.kv("proxy", "CACHE");
    assert.equal((await kv.list()).keys.length, 0, "warming writes R2 only");
    const middle = await requests(stack);
    for (const seen of result.books.filter((b) => b.isbn && b.title)) {
      const book = books.find((b) => seen.id === `b-${b.isbn13}`);
      for (const path of [
        `/search/auto?q=${book.isbn13}`,
        `/book/${book.isbn13}`,
        `/search/advanced?${new URLSearchParams({ title: book.title, author })}`,
        `/search/auto?${new URLSearchParams({ q: `${book.title} ${author}` })}`,
        `/search/author?${new URLSearchParams({ author })}`,
        `/search/auto?${new URLSearchParams({ q: author })}`,
      ]) {
        const hit = await ask(stack, path);
        assert.equal(hit.status, 200, path);
        assert.match(hit.cache, /^HIT/, path);
      }
    }
    assert.deepEqual(Object.values(await since(stack, middle)), [0, 0, 0]);
    assert.ok((await kv.list()).keys.length > 0, "a hit is copied to KV");
  });

  test("a cached item causes no provider call", async () => {
    const before = await requests(stack);
    const [result] = await batch(stack, {
      items: [{ id: "a", kind: "author", name: author, books: library() }],
    });
    assert.deepEqual([result.outcome, result.wasCached], ["found", true]);
    assert.deepEqual(Object.values(await since(stack, before)), [0, 0, 0]);
  });

  test("all pages of a warmed author are hits and repeat no book", async () => {
    const { books: all } = await stack.emulators.catalogue();
    const own = Object.entries(Object.groupBy(all, (b) => b.authors[0] ?? ""));
    const [name] = own
      .filter(([name]) => name && name !== author)
      .sort(([, a = []], [, b = []]) => b.length - a.length)[0];
    const [result] = await batch(stack, { items: [{ id: "a", kind: "author", name, books: [] }] });
    assert.ok(result.count > 40, `${name}: ${result.count}`);
    const before = await requests(stack);
    const ids = [];
    for (let page = 1; ids.length < result.count; page += 1) {
      const answer = await ask(stack, `/author/${encodeURIComponent(name)}?pageSize=40&page=${page}`);
      assert.ok(answer.json().items.length > 0, `page ${page}`);
      assert.equal(answer.json().totalItems, result.count);
      ids.push(...answer.json().items.map((item) => item.id));
    }
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(Object.values(await since(stack, before)), [0, 0, 0]);
  });

  test("a recent entry of a book is not overwritten by its author's answer", async () => {
    const { books: all } = await stack.emulators.catalogue();
    const book = all.find(
      (b) => b.kind === "listed" && b.authors[0] !== author && b.knownTo.includes("isbndb"),
    );
    await ask(stack, `/book/${book.isbn13}`);
    const cold = await stack.r2("proxy", "API_CACHE_COLD");
    const stored = async () => {
      const { objects } = await cold.list({ include: ["customMetadata"] });
      const own = objects.filter(({ key }) => key.includes(book.isbn13));
      return own.map(({ key, etag, customMetadata }) => ({ key, etag, envelope: customMetadata.envelope }));
    };
    // The answer does not wait for the last provider, whose late answer improves the entry.
    const whole = (entries) => JSON.parse(entries[0].envelope).by.length === 3;
    let before = await stored();
    for (let tries = 0; !whole(before) && tries < 50; tries += 1) {
      await new Promise((done) => setTimeout(done, 100));
      before = await stored();
    }
    assert.ok(whole(before), JSON.stringify(before));
    const of = { id: "b", isbn: book.isbn13, title: book.title };
    const [result] = await batch(stack, {
      items: [{ id: "a", kind: "author", name: book.authors[0], books: [of] }],
    });
    assert.deepEqual([result.wasCached, result.books[0].isbn, result.books[0].title], [false, true, true]);
    assert.deepEqual(await stored(), before);
  });

  test("ISBNs are fetched in one bulk call per provider", async () => {
    const { books: all } = await stack.emulators.catalogue();
    const some = all.filter((b) => b.kind === "listed" && b.authors[0] !== author && b.isbn10).slice(0, 20);
    const before = await requests(stack);
    const results = await batch(stack, {
      items: some.map((b) => ({
        id: b.isbn13,
        kind: "isbn",
        isbn: b.isbn13,
        title: b.title,
        author: b.authors[0],
      })),
    });
    const found = results.filter((r) => r.outcome === "found");
    assert.ok(found.length >= some.length - 1, JSON.stringify(results.filter((r) => r.outcome !== "found")));
    assert.deepEqual(
      found.map((r) => r.id),
      some.map((b) => b.isbn13).filter((isbn) => found.some((r) => r.id === isbn)),
    );
    const asked = await since(stack, before);
    assert.deepEqual([asked.isbndb, asked.openlibrary], [1, 1]);
    const hit = await ask(stack, `/book/${found[0].id}`);
    assert.equal(hit.json().id, `isbn-${found[0].id}`);
    assert.match(hit.cache, /^HIT/);
  });

  test("a repaired ISBN is confirmed by title and author", async () => {
    const { books: all } = await stack.emulators.catalogue();
    const [one, other] = all.filter(
      (b) => b.kind === "listed" && b.knownTo.includes("isbndb") && b.authors[0] !== author,
    );
    const item = (id, book, asked) => ({
      id,
      kind: "isbn",
      isbn: book.isbn13,
      title: asked.title,
      author: asked.authors[0],
      repaired: true,
    });
    const results = byName(
      await batch(stack, { cache: "refresh", items: [item("right", one, one), item("wrong", one, other)] }),
    );
    assert.equal(results.right.outcome, "found");
    assert.deepEqual([results.wrong.outcome, results.wrong.failure.kind], ["failed", "wrongBook"]);
  });

  test("a bad item fails alone, and an unknown ISBN is a negative", async () => {
    const results = byName(
      await batch(stack, {
        items: [
          { id: "empty", kind: "auto", q: "  " },
          // A text of punctuation alone is an empty query.
          { id: "signs", kind: "auto", q: "???" },
          { id: "none", kind: "isbn", isbn: "9786123456702" },
          { id: "title", kind: "title", title: "Dune", author: "Frank Herbert" },
        ],
      }),
    );
    assert.equal(results.empty.outcome, "failed");
    assert.equal(results.signs.outcome, "failed");
    assert.equal(results.none.outcome, "notFound");
    assert.ok(results.none.freshUntilMs > Date.now());
    assert.equal(results.title.outcome, "found");
    await stack.emulators.faults({ provider: "all", fault: "status", status: 503 });
    try {
      const dead = byName(
        await batch(stack, { items: [{ id: "x", kind: "author", name: "Nobody Asked Yet" }] }),
      );
      assert.equal(dead.x.outcome, "failed");
      assert.equal(dead.x.failure.kind, "upstream");
      assert.equal(dead.x.provider, "isbndb");
    } finally {
      await stack.emulators.clear();
    }
  });

  test("a forced refresh bypasses the ISBNdb Worker's cache too", async () => {
    const { books: all } = await stack.emulators.catalogue();
    const book = all.find((b) => b.kind === "edition" && b.isbn10);
    const items = [
      { id: "isbn", kind: "isbn", isbn: book.isbn13 },
      { id: "author", kind: "author", name: "Somebody Else Entirely" },
      { id: "title", kind: "title", title: book.title, author: book.authors[0] },
    ];
    await batch(stack, { items });
    for (const cache of ["refresh", "refresh", "default"]) {
      const before = await requests(stack);
      await batch(stack, { cache, items });
      assert.equal((await since(stack, before)).isbndb, cache === "refresh" ? 3 : 0, cache);
    }
  });

  test("an invalid batch is refused", async () => {
    const send = (body) => ask(stack, "/search/batch", { method: "POST", body });
    assert.equal((await send("{")).status, 400);
    assert.equal((await send(`{"items":[{"id":"1","kind":"isbn","isbn":"123"}]}`)).status, 400);
    const items = Array.from({ length: 101 }, (_, n) => ({ id: `${n}`, kind: "auto", q: `q ${n}` }));
    assert.equal((await send(JSON.stringify({ items }))).status, 413);
  });

  test("a request that is too large to read gets a complete answer", async () => {
    const headers = { origin: "https://app.example" };
    for (const [path, init, route] of [
      ["/search/batch", { method: "POST", body: "x".repeat(1_100_000), headers }, "/search/batch"],
      [`/search/auto?q=${"x".repeat(20_000)}`, { headers }, "unknown"],
    ]) {
      const answer = await ask(stack, path, init);
      assert.deepEqual([answer.status, answer.json().errorCode], [413, "TOO_LARGE"]);
      assert.equal(answer.headers.get("access-control-allow-origin"), "*");
      const trace = answer.headers.get("x-trace-id");
      const line = stack.logs().find(({ json }) => json?.event === "request" && json.trace_id === trace);
      assert.deepEqual([line?.json.status, line?.json.outcome, line?.json.route], [413, "too_large", route]);
    }
  });
});
