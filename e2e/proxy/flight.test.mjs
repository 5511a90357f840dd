// One fan-out for equal questions, and the answers while providers or stores are down.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { eventually } from "../harness/support.mjs";
import { ask, requests, since, withProxy } from "./support.mjs";

const PROVIDERS = ["google", "isbndb", "openlibrary"];
const HUNDRED = Array.from({ length: 100 }, (_, n) => n);

const allDead = (stack) => stack.emulators.faults({ provider: "all", fault: "status", status: 503 });

describe("single flight", () => {
  test("a hundred equal misses query each provider once", () =>
    withProxy({}, async (stack) => {
      await stack.emulators.settings({ latencyMs: 100 });
      const before = await requests(stack);
      const answers = await Promise.all(
        HUNDRED.map(() => ask(stack, "/search/auto?q=the+left+hand+of+darkness")),
      );
      assert.deepEqual([...new Set(answers.map((a) => a.status))], [200]);
      assert.equal(new Set(answers.map((a) => a.text)).size, 1);
      assert.ok(answers.some((a) => /collapsed/.test(a.headers.get("cache-status"))));
      await sleep(500);
      assert.deepEqual(await since(stack, before), { google: 1, isbndb: 1, openlibrary: 1 });
    }));

  test("equal misses in two isolates query each provider once", () =>
    withProxy({ extraWorkers: [{ twinOf: "proxy", name: "proxy-2" }] }, async (stack) => {
      await stack.emulators.settings({ latencyMs: 100 });
      const before = await requests(stack);
      const twin = stack.worker("proxy-2");
      const path = "/search/auto?q=dune";
      const admin = { authorization: "Bearer test-admin-token" };
      await Promise.all(
        HUNDRED.map((n) =>
          n % 2 ? ask(stack, path) : twin.fetch(path, { headers: admin }).then((r) => r.text()),
        ),
      );
      await sleep(500);
      assert.deepEqual(await since(stack, before), { google: 1, isbndb: 1, openlibrary: 1 });
    }));

  test("a refresh of a young entry bypasses the ISBNdb Worker's cache", () =>
    withProxy({ vars: { proxy: { CACHE_COLD_TTL: "1" } } }, async (stack) => {
      const path = "/search/author?author=Frank+Herbert";
      await eventually("stored", async () => (await ask(stack, path)).cache !== "MISS", 5_000);
      // The ISBNdb Worker answers the next miss from its cache, without a call to ISBNdb.
      const before = await requests(stack);
      await ask(stack, "/cache?author=Frank+Herbert", { method: "DELETE" });
      await ask(stack, path);
      assert.equal((await since(stack, before)).isbndb, 0);
      await sleep(1_500);
      assert.equal((await ask(stack, path)).cache, "STALE");
      await eventually("refreshed", async () => (await since(stack, before)).isbndb === 1, 5_000);
    }));

  test("a hundred searches of a stale entry are served at once and refreshed once", () =>
    withProxy({ vars: { proxy: { CACHE_COLD_TTL: "1" } } }, async (stack) => {
      const path = "/search/auto?q=dune";
      await eventually("stored", async () => (await ask(stack, path)).cache !== "MISS", 5_000);
      await sleep(1_500);
      const before = await requests(stack);
      await stack.emulators.settings({ latencyMs: 300 });
      const answers = await Promise.all(HUNDRED.map(() => ask(stack, path)));
      for (const answer of answers) {
        assert.equal(answer.status, 200);
        assert.equal(answer.cache, "STALE");
        assert.match(answer.headers.get("cache-status"), /hit; ttl=-\d+/);
      }
      await sleep(1_200);
      const { isbndb, ...others } = await since(stack, before);
      assert.deepEqual(others, { google: 1, openlibrary: 1 });
      // The ISBNdb Worker may answer from its cache.
      assert.ok(isbndb <= 1);
    }));

  for (const what of ["fail", "hang"]) {
    test(`a flight object that ${what}s is bypassed`, () =>
      withProxy(
        {
          vars: { proxy: { SEARCH_DEADLINE_MS: "1000" } },
          wrap: {
            proxy: `import main, { ProviderLimiter } from "./index.js";
export default main;
export { ProviderLimiter };
export class FlightObject {
  fetch() { ${what === "fail" ? `throw new Error("broken")` : "return new Promise(() => setTimeout(() => {}, 3600000))"} }
}`,
          },
        },
        async (stack) => {
          const answer = await ask(stack, "/search/auto?q=dune");
          assert.equal(answer.status, 200);
          assert.ok(answer.json().totalItems > 0);
          assert.ok(answer.ms < 5_000, `${answer.ms} ms`);
        },
      ));
  }
});

describe("providers down", () => {
  test("an expired entry is served as fast as a hit, as STALE", () =>
    withProxy({ vars: { proxy: { CACHE_COLD_TTL: "1" } } }, async (stack) => {
      const path = "/search/auto?q=dune";
      const whole = await eventually(
        "stored",
        async () => {
          const answer = await ask(stack, path);
          return answer.cache !== "MISS" && answer;
        },
        5_000,
      );
      await sleep(2_100);
      await allDead(stack);
      const stale = await ask(stack, path);
      assert.equal(stale.status, 200);
      assert.equal(stale.cache, "STALE");
      assert.equal(stale.text, whole.text);
      assert.ok(Number(stale.headers.get("age")) >= 2);
      assert.match(stale.headers.get("cache-status"), /hit; ttl=-\d/);
      assert.match(stale.headers.get("cache-control"), /stale-if-error=\d+/);
      // Waiting for a provider would take seconds.
      assert.ok(stale.ms < 1_000, `${stale.ms} ms`);
    }));

  test("a miss is a 503 with Retry-After, and a 200 once providers are back", () =>
    withProxy({}, async (stack) => {
      await allDead(stack);
      const dead = await ask(stack, "/search/auto?q=dune");
      assert.equal(dead.status, 503);
      assert.ok(Number(dead.headers.get("retry-after")) > 0);
      assert.equal(dead.headers.get("cache-control"), "no-store");
      const problem = dead.json();
      assert.equal(problem.providers.length, 3);
      assert.ok(
        problem.providers.every((p) => p.outcome === "upstream_error"),
        dead.text,
      );
      assert.equal((await ask(stack, "/book/9780441172719")).status, 503);
      await stack.emulators.clear();
      await sleep(600);
      assert.equal((await ask(stack, "/search/auto?q=dune")).status, 200);
    }));

  for (const provider of PROVIDERS) {
    test(`without ${provider} an answer is partial for PARTIAL_TTL only`, () =>
      withProxy({ vars: { proxy: { PARTIAL_TTL: "2" } } }, async (stack) => {
        await stack.emulators.faults({ provider, fault: "status", status: 503 });
        const path = "/search/auto?q=Frank+Herbert";
        const partial = await eventually(
          "partial",
          async () => {
            const answer = await ask(stack, path);
            return answer.json().partial && answer;
          },
          6_000,
        );
        assert.equal(partial.status, 200);
        assert.equal(partial.headers.get("cache-control"), "no-cache");
        const failed = partial.json().providers.filter((p) => p.outcome === "upstream_error");
        assert.equal(failed.length, 1);
        await stack.emulators.clear();
        await eventually("whole", async () => !(await ask(stack, path)).json().partial, 8_000);
      }));
  }

  test("each kind of fault is a failure of that provider, never an answer", () =>
    withProxy({ vars: { proxy: { SEARCH_DEADLINE_MS: "1500" } } }, async (stack) => {
      let n = 0;
      for (const fault of [
        "bad_json",
        "html",
        "cut_body",
        "cut_chunked",
        "redirect",
        "reset",
        "hang",
        "stall",
        "huge",
      ]) {
        await stack.emulators.faults({ provider: "google", fault });
        const answer = await ask(stack, `/search/title?title=dune+${(n += 1)}`);
        const google = answer.json().providers?.find((p) => p.name === "google-books");
        assert.ok(
          ["malformed", "unreachable", "timeout", "upstream_error"].includes(google?.outcome),
          `${fault}: ${JSON.stringify(google)} ${answer.status}`,
        );
        assert.equal(answer.json().partial, true, fault);
      }
    }));

  test("a wrong book is never stored under the requested ISBN", () =>
    withProxy({ vars: { proxy: { PARTIAL_TTL: "2" } } }, async (stack) => {
      const { books } = await stack.emulators.catalogue();
      const book = books.find((b) => b.knownTo.length === 3 && b.kind === "listed");
      await stack.emulators.faults({ provider: "all", fault: "wrong_book" });
      const answer = await ask(stack, `/book/${book.isbn13}`);
      assert.ok([404, 503].includes(answer.status), answer.text);
      await stack.emulators.clear();
      const right = await eventually(
        "the right book",
        async () => {
          const again = await ask(stack, `/book/${book.isbn13}`);
          return again.status === 200 && again;
        },
        8_000,
      );
      assert.equal(right.json().id, `isbn-${book.isbn13}`);
    }));
});

describe("siblings and stores down", () => {
  for (const what of ["fail", "garbage", "reject", "hang"]) {
    test(`an ISBNdb Worker that answers "${what}" makes the answer partial`, () =>
      withProxy(
        {
          workers: ["proxy"],
          vars: { isbndb: undefined, proxy: { SEARCH_DEADLINE_MS: "800" } },
          overrides: { proxy: { ISBNDB_WORKER: what } },
        },
        async (stack) => {
          const answer = await ask(stack, "/search/author?author=Frank+Herbert");
          assert.equal(answer.status, 200);
          assert.ok(answer.json().totalItems > 0);
          assert.equal(answer.json().partial, true);
        },
      ));
  }

  test("a KV that fails degrades to R2", () =>
    withProxy({ overrides: { proxy: { CACHE: "fail" } } }, async (stack) => {
      assert.equal((await ask(stack, "/search/auto?q=dune")).status, 200);
      const hit = await eventually(
        "R2",
        async () => {
          const answer = await ask(stack, "/search/auto?q=dune");
          return answer.cache === "HIT-R2-COLD" && answer;
        },
        5_000,
      );
      assert.match(hit.headers.get("cache-status"), /proxy-kv; fwd=bypass; detail=failed/);
    }));

  test("without KV and R2 every search still answers", () =>
    withProxy({ overrides: { proxy: { CACHE: null, API_CACHE_COLD: null } } }, async (stack) => {
      for (let n = 0; n < 2; n += 1) {
        const answer = await ask(stack, "/search/auto?q=dune");
        assert.equal(answer.status, 200);
        assert.ok(answer.json().totalItems > 0);
      }
    }));
});
