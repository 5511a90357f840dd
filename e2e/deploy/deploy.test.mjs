// `cargo xtask deploy` with the real wrangler against an emulated account; the uploaded Workers
// run and answer.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { emulatorVars, ROOT } from "../harness/config.mjs";
import { startEmulators } from "../harness/emulators.mjs";
import { sha256 } from "./account.mjs";
import { startCloudflare } from "./cloudflare.mjs";
import { KEYS, Person } from "./support.mjs";

const CRATES = {
  "isbndb-biography-worker-production": "isbndb-worker",
  "books-api-proxy": "books-api-proxy",
  "personal-library-cache-warmer": "cache-warmer",
};

const succeeded = ({ code, text }) => assert.equal(code, 0, text);

describe("an empty account", () => {
  let emulators;
  let cloudflare;
  let person;
  let first;
  before(async () => {
    /** @type {any} */
    const options = { libraries: [path.join(ROOT, "xtask/sample/verify.csv")] };
    emulators = await startEmulators(options);
    const { isbndb, proxy } = emulatorVars(emulators.addresses);
    const vars = { "isbndb-biography-worker-production": isbndb, "books-api-proxy": proxy };
    cloudflare = await startCloudflare({ vars });
    person = new Person(cloudflare, KEYS);
    first = await person.deploy();
  });
  after(async () => {
    await cloudflare?.stop();
    await emulators?.stop();
  });

  test("three Workers answer after a deployment", async () => {
    succeeded(first);
    const { account } = cloudflare;
    assert.deepEqual([...account.scripts.keys()], Object.keys(CRATES));
    assert.deepEqual([...account.namespaces.keys()].sort(), [
      "personal-library-cache",
      "personal-library-warming",
    ]);
    assert.deepEqual([...account.buckets.keys()], ["personal-library-data"]);
    assert.equal(account.rules.get("personal-library-data")?.[0].prefix, "uploads/");
    const [reader] = account.queues.get("personal-library-uploads").consumers;
    assert.equal(reader.script_name, "personal-library-cache-warmer");
    assert.equal(account.scripts.get("personal-library-cache-warmer").schedules.length, 2);
    assert.deepEqual(
      cloudflare.log.filter((entry) => entry.unknown),
      [],
    );
  });

  test("the uploaded bytes are those of the build", () => {
    for (const [name, crate] of Object.entries(CRATES)) {
      const { modules, metadata } = cloudflare.account.scripts.get(name).versions[0];
      // The ISBNdb Worker has a named entrypoint beside its default one.
      const entrypoints = crate === "isbndb-worker" ? ["entrypoints.js"] : [];
      assert.deepEqual([...modules.keys()].sort(), [...entrypoints, "index.js", "index_bg.wasm"]);
      for (const [file, { bytes }] of modules) {
        assert.equal(sha256(bytes), sha256(readFileSync(path.join(ROOT, crate, "build", file))), file);
      }
      assert.match(metadata.annotations["workers/tag"], /^[0-9a-f]{12}-[0-9a-f]{7}$/);
      assert.equal(metadata.limits, undefined, "the free plan refuses limits");
    }
  });

  test("the dashboard's files are served with their policy", async () => {
    const address = cloudflare.addresses.replace("{name}", "personal-library-cache-warmer");
    for (const [file, built] of [
      ["", "index.html"],
      ["dashboard.js", "dashboard.js"],
    ]) {
      const answer = await fetch(`${address}/${file}`);
      assert.equal(
        await answer.text(),
        readFileSync(path.join(ROOT, "cache-warmer/dashboard/build", built), "utf8"),
      );
      assert.match(answer.headers.get("content-security-policy") ?? "", /script-src 'self';/);
    }
  });

  test("only existing secrets are bound, and the token is shown once", async () => {
    const names = [...cloudflare.account.store.secrets.keys()].sort();
    assert.deepEqual(names, ["ADMIN_TOKEN", "GOOGLE_BOOKS_API_KEY", "ISBNDB_API_KEY"]);
    const [{ metadata }] = cloudflare.account.scripts.get("books-api-proxy").versions;
    const bound = metadata.bindings
      .filter(({ type }) => type === "secrets_store_secret")
      .map(({ name }) => name);
    assert.deepEqual(bound.sort(), ["ADMIN_TOKEN", "GOOGLE_BOOKS_API_KEY"]);
    const token = cloudflare.account.store.secrets.get("ADMIN_TOKEN").value;
    assert.match(token, /^[0-9a-f]{64}$/);
    assert.ok(first.text.includes(`ADMIN_TOKEN = ${token}`));
    for (const key of Object.values(KEYS)) assert.ok(!first.text.includes(key));
    const address = cloudflare.addresses.replace("{name}", "personal-library-cache-warmer");
    const status = await fetch(`${address}/status`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal(status.status, 200);
  });

  test("/health names version, hash and commit", async () => {
    for (const name of ["books-api-proxy", "personal-library-cache-warmer"]) {
      /** @type {any} */
      const health = await (await fetch(`${cloudflare.addresses.replace("{name}", name)}/health`)).json();
      const [{ id, metadata }] = cloudflare.account.scripts.get(name).versions;
      assert.equal(health.version, id);
      assert.equal(`${health.hash}-${health.commit}`, metadata.annotations["workers/tag"]);
      assert.ok(first.text.includes(`version ${id}`), first.text);
    }
  });

  test("verify warms ten books within twelve units", async () => {
    const token = cloudflare.account.store.secrets.get("ADMIN_TOKEN").value;
    const owner = new Person(cloudflare, { ADMIN_TOKEN: token });
    const { code, text } = await owner.xtask("verify", "--yes", "--url", cloudflare.addresses);
    assert.equal(code, 0, text);
    assert.match(text, /books-api-proxy is healthy: version [0-9a-f-]{36}, hash [0-9a-f]{12}/);
    assert.match(text, /personal-library-cache-warmer is healthy/);
    assert.match(text, /HIT-R2-COLD +\d+/);
    assert.match(text, /HIT-KV-HOT +\d+/);
    assert.match(text, /books-api-proxy: [1-9]\d* invocations seen, CPU ms 5 \(median\)/);
    assert.match(text, /Everything that was warmed is answered from cache/);
    const counts = await emulators.counts();
    assert.ok(counts.isbndb.requests <= 12, JSON.stringify(counts.isbndb));
  });

  test("verify fails with a wrong token or address", async () => {
    const another = new Person(cloudflare, { ADMIN_TOKEN: "another-token-of-the-test" });
    const refused = await another.xtask("verify", "--yes", "--url", cloudflare.addresses);
    assert.equal(refused.code, 1);
    assert.match(refused.text, /does not accept this ADMIN_TOKEN/);
    const nowhere = await another.xtask("verify", "--yes", "--url", `${cloudflare.addresses}/nowhere`);
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.text, /health answers 404/);
  });

  test("a second deployment changes nothing", async () => {
    const since = cloudflare.log.length;
    const again = await person.deploy();
    succeeded(again);
    assert.match(again.text, /Nothing to change/);
    assert.deepEqual(cloudflare.writes(since), []);
    assert.ok(!again.text.includes("ADMIN_TOKEN ="));
  });

  test("staging is separate, and production can run its files", async () => {
    succeeded(await person.deploy("--env", "staging"));
    assert.equal(cloudflare.account.scripts.size, 6);
    const namespaces = [...cloudflare.account.namespaces.keys()].sort();
    assert.deepEqual(namespaces.slice(1, 2), ["personal-library-cache-staging"]);
    const since = cloudflare.log.length;
    const same = await person.deploy("--same-as", "staging");
    succeeded(same);
    assert.match(same.text, /Nothing to change/);
    assert.deepEqual(cloudflare.writes(since), []);
  });

  test("destroy, run twice, removes all but the Secrets Store", async () => {
    const { account } = cloudflare;
    const kept = await person.xtask("destroy", "--yes");
    succeeded(kept);
    assert.equal(account.scripts.size, 3, "staging is unchanged");
    assert.equal(account.buckets.size, 2);
    account.buckets.get("personal-library-data").set("uploads/my books.csv", 1);
    succeeded(await person.xtask("destroy", "--yes", "--data"));
    succeeded(await person.xtask("destroy", "--yes", "--data", "--env", "staging"));
    const since = cloudflare.log.length;
    const again = await person.xtask("destroy", "--yes", "--data");
    succeeded(again);
    assert.match(again.text, /Nothing to remove/);
    assert.deepEqual(cloudflare.writes(since), []);
    for (const part of [account.scripts, account.buckets, account.namespaces, account.queues]) {
      assert.equal(part.size, 0);
    }
    assert.ok(account.store.secrets.has("ADMIN_TOKEN"));
  });
});
