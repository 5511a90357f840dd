// A deployment in which one call fails, and the same command again. Call and fault change with the day;
// the long form tries all of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { startCloudflare } from "./cloudflare.mjs";
import { KEYS, Person } from "./support.mjs";

/** @type {[string, RegExp][]} */
const CALLS = [
  ["POST", /\/kv\/namespaces$/],
  ["POST", /\/r2\/buckets$/],
  ["POST", /\/queues$/],
  ["PUT", /\/event_notifications\//],
  ["POST", /\/secrets_store\/stores$/],
  ["POST", /\/secrets$/],
  ["PUT", /\/scripts\/[^/]+$/],
  ["POST", /\/subdomain$/],
  ["POST", /\/consumers$/],
  ["PUT", /\/schedules$/],
];
const FAULTS = [
  { status: 403, code: 10000, times: 1 },
  // As many failures as wrangler has tries.
  { status: 500, code: 10013, times: 4 },
  { status: 500, code: 10013, times: 1, after: true },
  { status: 429, code: 971, times: 1 },
];

const PAIRS = CALLS.flatMap((call) => FAULTS.map((fault) => ({ call, fault })));

/** The fault of the day, or all of them in the long form. */
const day = Math.floor(Date.now() / 86_400_000);
const today = PAIRS[(day * 7) % PAIRS.length];

for (const [index, { call, fault }] of (process.env.SOAK ? PAIRS : [today]).entries()) {
  const [method, path] = call;
  const how = `${fault.status}${fault.after ? " after the work" : ""}`;
  test(`${method} ${path.source} answers ${how}, and the next run continues`, async () => {
    const cloudflare = await startCloudflare();
    try {
      const person = new Person(cloudflare, KEYS);
      const secrets = ["--secrets", (index + day) % 2 === 0 ? "store" : "plain"];
      cloudflare.fail(method, path, fault);
      const first = await person.deploy(...secrets);
      if (first.code !== 0) {
        assert.match(first.text, /done so far|nothing was changed/);
        assert.match(first.text, /The same command goes on from there/);
      }
      cloudflare.heal();
      const second = await person.deploy(...secrets);
      assert.equal(second.code, 0, second.text);
      const since = cloudflare.log.length;
      const third = await person.deploy(...secrets);
      assert.equal(third.code, 0, third.text);
      assert.deepEqual(cloudflare.writes(since), []);
      for (const key of Object.values(KEYS))
        assert.ok(![first, second, third].some(({ text }) => text.includes(key)));
      assert.deepEqual(
        cloudflare.log.filter((entry) => entry.unknown),
        [],
      );
    } finally {
      await cloudflare.stop();
    }
  });
}
