// `cargo xtask verify` against what was deployed into the emulated account, the providers played.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { emulatorVars, ROOT } from "../harness/config.mjs";
import { startEmulators } from "../harness/emulators.mjs";
import { startCloudflare } from "./cloudflare.mjs";
import { KEYS, Person } from "./support.mjs";

describe("a deployment", () => {
  let emulators;
  let cloudflare;
  let person;
  before(async () => {
    /** @type {any} */
    const options = { libraries: [path.join(ROOT, "xtask/sample/verify.csv")] };
    emulators = await startEmulators(options);
    const { isbndb, proxy } = emulatorVars(emulators.addresses);
    const vars = { "isbndb-biography-worker-production": isbndb, "books-api-proxy": proxy };
    cloudflare = await startCloudflare({ vars });
    person = new Person(cloudflare, { ...KEYS, ADMIN_TOKEN: "a-token-of-the-test" });
    const { code, text } = await person.deploy();
    assert.equal(code, 0, text);
  });
  after(async () => {
    await cloudflare?.stop();
    await emulators?.stop();
  });

  test("is verified with ten books, within twelve units", async () => {
    const { code, text } = await person.xtask("verify", "--yes", "--url", cloudflare.addresses);
    assert.equal(code, 0, text);
    assert.match(text, /books-api-proxy is healthy: version [0-9a-f-]{36}, hash [0-9a-f]{12}/);
    assert.match(text, /HIT-R2-COLD +\d+/);
    assert.match(text, /HIT-KV-HOT +\d+/);
    assert.match(text, /Everything that was warmed is answered from cache/);
    const { isbndb } = await emulators.counts();
    assert.ok(isbndb.requests <= 12, JSON.stringify(isbndb));
  });

  test("is not verified with a wrong token or at a wrong address", async () => {
    const stranger = new Person(cloudflare, { ADMIN_TOKEN: "another-token-of-the-test" });
    const refused = await stranger.xtask("verify", "--yes", "--url", cloudflare.addresses);
    assert.equal(refused.code, 1);
    assert.match(refused.text, /does not accept this ADMIN_TOKEN/);
    const nowhere = await person.xtask("verify", "--yes", "--url", `${cloudflare.addresses}/nowhere`);
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.text, /health answers 404/);
  });
});
