// ISBNdb's faults over a real network: typed outcomes, nothing transient cached, all counted.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ask, isbn, received, startIsbndb, unitsOf } from "./support.mjs";

let stack, isbndb;
before(async () => {
  // No breaker and one attempt, so that each fault is seen alone. (With both: the native tests.)
  const vars = {
    ISBNDB_PLAN: "enterprise",
    RATE_LIMIT_MS: "0",
    BREAKER_FAILURES: "0",
    RETRY_ATTEMPTS: "1",
  };
  stack = await startIsbndb({ vars: { isbndb: vars }, emulators: { args: ["--isbndb-plan", "enterprise"] } });
  isbndb = stack.worker("isbndb");
});
after(() => stack?.stop());

/** @type {[{ fault: string, status?: number, retryAfter?: string }, number, string, number?][]} */
const FAULTS = [
  [{ fault: "status", status: 500 }, 502, "UPSTREAM_ERROR"],
  [{ fault: "status", status: 502 }, 502, "UPSTREAM_ERROR"],
  [{ fault: "status", status: 503, retryAfter: "7" }, 502, "UPSTREAM_ERROR", 7],
  [{ fault: "status", status: 400 }, 502, "UPSTREAM_REJECTED"],
  [{ fault: "empty" }, 502, "UPSTREAM_MALFORMED"],
  [{ fault: "bad_json" }, 502, "UPSTREAM_MALFORMED"],
  [{ fault: "html" }, 502, "UPSTREAM_MALFORMED"],
  [{ fault: "huge" }, 502, "UPSTREAM_MALFORMED"],
  [{ fault: "cut_body" }, 502, "UPSTREAM_UNREACHABLE"],
  [{ fault: "cut_chunked" }, 502, "UPSTREAM_UNREACHABLE"],
  [{ fault: "reset" }, 502, "UPSTREAM_UNREACHABLE"],
  [{ fault: "redirect" }, 502, "UPSTREAM_ERROR"],
  [{ fault: "stall" }, 504, "UPSTREAM_TIMEOUT"],
  [{ fault: "wrong_book" }, 502, "WRONG_BOOK"],
  [{ fault: "hang" }, 504, "UPSTREAM_TIMEOUT"],
  [{ fault: "timeout" }, 504, "UPSTREAM_TIMEOUT"],
];

for (const [rule, status, code, retryAfter] of FAULTS) {
  const name = [rule.fault, rule.status].filter(Boolean).join(" ");
  test(`${name} is ${code}, counted and not cached`, async () => {
    const { body: before } = await ask(isbndb, "/quota");
    const since = (await stack.emulators.log()).seq;
    const { books } = await stack.emulators.catalogue();
    const { isbn13 } = books.filter((book) => book.knownTo.includes("isbndb"))[
      FAULTS.findIndex(([other]) => other === rule) % 5
    ];
    const headers = { "cache-control": "no-cache" };
    // workerd itself repeats a GET when a reused connection is reset.
    const times = rule.fault === "reset" ? 2 : 1;
    await stack.emulators.faults({ provider: "isbndb", times, ...rule });
    const failed = await ask(isbndb, `/book/${isbn13}`, { headers });
    await stack.emulators.clear();
    assert.deepEqual([failed.status, failed.body.errorCode], [status, code]);
    if (retryAfter) assert.equal(failed.headers.get("retry-after"), String(retryAfter));
    const sent = unitsOf(await received(stack, since));
    assert.ok(sent === 1 || sent === times, `${sent} sent`);
    assert.equal((await ask(isbndb, "/quota")).body.spent, before.spent + 1);
    const right = await ask(isbndb, `/book/${isbn13}`, { headers });
    assert.deepEqual([right.status, right.body.book?.isbn13], [200, isbn13]);
  });
}

test("a 429 of the minute pauses calls, a 429 of the day ends the day", async () => {
  await stack.emulators.faults({
    provider: "isbndb",
    times: 1,
    fault: "status",
    status: 429,
    scope: "minute",
    retryAfter: "3",
  });
  const minute = await ask(isbndb, `/book/${isbn(1)}`);
  assert.deepEqual([minute.status, minute.body.errorCode], [429, "RATE_LIMITED"]);
  assert.equal(minute.body.failure.local, false);
  assert.equal(minute.headers.get("retry-after"), "3");
  const since = (await stack.emulators.log()).seq;
  const next = await ask(isbndb, `/book/${isbn(2)}`);
  assert.deepEqual([next.status, next.body.failure.local], [429, true], "the pause is kept");
  assert.equal((await received(stack, since)).length, 0);
  await new Promise((resolve) => setTimeout(resolve, 3_100));
  await stack.emulators.faults({ provider: "isbndb", times: 1, fault: "status", status: 429, scope: "day" });
  const day = await ask(isbndb, `/book/${isbn(3)}`);
  assert.deepEqual([day.status, day.body.errorCode], [429, "QUOTA_EXHAUSTED"]);
  assert.equal((await ask(isbndb, "/quota")).body.left, 0);
  assert.equal((await ask(isbndb, `/book/${isbn(4)}`)).body.errorCode, "QUOTA_EXHAUSTED");
  assert.equal((await received(stack, since)).length, 1);
});
