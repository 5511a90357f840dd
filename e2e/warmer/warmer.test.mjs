// The warmer in workerd, with fake siblings: upload → cron → warm, every row counted.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import { admin, eventually, isbn13 } from "../harness/support.mjs";
import { accounted, startWarmer } from "./harness.mjs";
import { library } from "./fakes.mjs";

let world;
before(async () => {
  world = await startWarmer();
});
after(() => world?.stop());

test("a file dropped into the bucket is warm after the cron, with every row accounted for", async () => {
  const { fakes } = world;
  const rows = [
    "Title,Author,ISBN",
    `Dune,Frank Herbert,9780441172719`,
    `Dune Messiah,Frank Herbert,${isbn13(441_172_698)}`,
    `No Number,Some Body,`,
    `Unknown,Nobody Known,${isbn13(555_123_456)}`,
    `Wrong Digit,Somebody Else,9781594633661`,
    `,,9780441172718`,
    `Dune,Frank Herbert,0441172717`,
  ];
  fakes.unknown.add(isbn13(555_123_456));
  await world.put("uploads/first.csv", rows.join("\n"));
  await world.put("astray.csv", "x");
  await world.put("Uploads/My Books.CSV", "x");
  await world.put("api-cache/v1/any/x.csv", "x");
  await world.heartbeat();
  const job = await world.done();
  accounted(job, 7);
  assert.deepEqual(job.rows, { total: 7, valid: 4, repaired: 1, titleAuthor: 1, rejected: 1 });
  assert.equal(job.items.notFound, 1);
  assert.equal(job.items.failed, 0);
  assert.deepEqual(job.failures.map((failure) => failure.line).sort(), [5, 7]);
  for (const key of [
    "isbn:9780441172719",
    "author:frank herbert",
    "title:dune|frank herbert",
    "title:no number|some body",
    "isbn:9781594633669",
  ]) {
    assert.ok(fakes.cache.has(key), key);
  }
  const status = await world.status();
  assert.deepEqual(status.warnings, [
    "astray.csv is not read: move it to uploads/astray.csv",
    "Uploads/My Books.CSV is not read: move it to uploads/My Books.CSV",
  ]);
});

test("results and progress are written, failures in a form that can be corrected", async () => {
  const kv = await world.kv();
  const [job] = (await world.status()).jobs;
  const results = await (await world.file(`results/${job.id}.json`)).json();
  assert.equal(results.state, "done");
  const failures = await (await world.file(`results/${job.id}/failures.csv`)).text();
  assert.match(failures, /^line,reason,Title,Author,ISBN\n5,.*Unknown,Nobody Known/);
  const progress = await eventually("the expected state", async () => {
    const progress = await kv.get(`progress:${job.id}`, "json");
    return progress?.state === "done" && progress;
  });
  assert.equal(progress.state, "done");
  assert.deepEqual(progress.items, results.items);
});

test("a second cron, and two concurrent ones, repeat nothing", async () => {
  const { fakes } = world;
  const before = { ...fakes.counts };
  await Promise.all([world.heartbeat(), world.heartbeat()]);
  await world.heartbeat();
  assert.deepEqual(fakes.counts, before);
  assert.equal((await world.status()).jobs.length, 1);
});

test("only health and the empty page are public", async () => {
  const warmer = world.worker;
  for (const [method, path] of [
    ["GET", "/status"],
    ["POST", "/warm"],
    ["POST", "/upload"],
    ["GET", "/jobs/first-1"],
    ["POST", "/jobs/first-1/cancel"],
    ["GET", "/nothing"],
  ]) {
    for (const [headers, status, detail] of [
      [{}, 401, "A token is needed"],
      [{ authorization: "Bearer wrong" }, 403, "The admin token is wrong"],
      [{ authorization: "Basic wrong" }, 403, "The admin token is wrong"],
    ]) {
      const response = await warmer.fetch(path, { method, headers });
      assert.equal(response.status, status, `${method} ${path}`);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
      assert.equal((await response.json()).detail, detail);
    }
  }
  assert.equal((await warmer.fetch("/")).status, 200);
  const health = await warmer.fetch("/health");
  assert.equal(health.status, 200, await health.clone().text());
  const body = await health.json();
  assert.equal(body.status, "healthy");
  assert.equal(body.serviceBindings.BOOKS_API_PROXY.status, "healthy");
  assert.equal(body.secrets.ADMIN_TOKEN, true);
  const unknown = await world.json("/tick?cron=x", { method: "POST" });
  assert.equal(unknown.status, 404);
  assert.match(unknown.body.troubleshooting.suggestion, /docs\/WARMER\.md list the routes/);
});

test("an aborted upload is the client's error", async () => {
  const logged = () => world.stack.logs().filter(({ json }) => json?.route === "/upload");
  const before = logged().length;
  const { hostname, port } = new URL(world.stack.urls.warmer);
  const socket = connect(Number(port), hostname);
  const head = [
    "POST /upload?name=broken.csv HTTP/1.1",
    `host: ${hostname}`,
    `authorization: ${admin.authorization}`,
  ];
  socket.write([...head, "content-length: 100000", "", "title,author\nDune,"].join("\r\n"));
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const levels = logged()
    .slice(before)
    .map(({ json }) => json.level);
  assert.ok(!levels.includes("error"), levels.join());
  assert.equal(
    await (await world.bucket()).head("uploads/broken.csv"),
    null,
    "no part of the file is stored",
  );
});

test("an upload needs a name", async () => {
  for (const name of ["", ".", "a/b/", "%3F%3F.csv"]) {
    const init = { method: "POST", headers: admin, body: "title\nDune\n" };
    const refused = await world.worker.fetch(`/upload?name=${name}`, init);
    assert.equal(refused.status, 400, name);
  }
});

test("an overlong URL is answered like any other request", async () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";
  for (const headers of [{}, admin]) {
    const traceparent = `00-${trace}-b7ad6b7169203331-01`;
    const answer = await world.worker.fetch(`/jobs/${"x".repeat(20_000)}`, {
      headers: { ...headers, traceparent },
    });
    assert.deepEqual([answer.status, (await answer.json()).errorCode], [413, "TOO_LARGE"]);
    const span = answer.headers.get("x-span-id");
    const line = world.stack.logs().find(({ json }) => json?.event === "request" && json.span_id === span);
    const { status, outcome, route } = line?.json ?? {};
    assert.deepEqual([status, outcome, route], [413, "too_large", "unknown"]);
    if (headers === admin)
      assert.equal(answer.headers.get("x-trace-id"), trace, "the given trace, if it is accepted");
  }
});

test("an upload answers with its plan; a dry run spends nothing until it is released", async () => {
  const { fakes } = world;
  const before = { ...fakes.counts };
  const csv = library(40, 20, 200_000_000);
  const answer = await world.post("/upload?name=dry.csv&dryRun=true", csv);
  assert.equal(answer.status, 202, JSON.stringify(answer.body));
  const [job] = answer.body.jobs;
  assert.equal(job.state, "planned");
  const isbndb = job.plan.providers.find((one) => one.provider === "isbndb");
  assert.deepEqual(isbndb.units, { least: 20, expected: 32, most: 60 });
  assert.ok(job.plan.keepWarm.unitsADay > 0);
  await world.heartbeat();
  const dry = await world.post("/warm", JSON.stringify({ dryRun: true, file: "uploads/dry.csv" }));
  assert.equal(dry.body.jobs[0].state, "planned");
  assert.equal(fakes.counts.units, before.units);
  const release = await world.post("/warm", JSON.stringify({ file: "uploads/dry.csv" }));
  assert.equal(release.status, 202);
  const done = await world.done();
  accounted(done, 40);
  assert.equal(fakes.counts.authorPages - before.authorPages, 20);
});

test("a changed file warms only what changed, and the same content is one job", async () => {
  const { fakes } = world;
  const before = { ...fakes.counts };
  const jobs = (await world.status()).jobs.length;
  const csv = library(40, 20, 200_000_000);
  await world.put("uploads/copy of dry.csv", csv);
  await world.heartbeat();
  const status = await world.status();
  assert.equal(status.jobs.length, jobs);
  assert.deepEqual(status.jobs[0].aliases, ["uploads/copy of dry.csv"]);
  await world.put("uploads/dry.csv", `${csv}One more,Author B1,${isbn13(777_123_001)}\n`);
  await world.heartbeat();
  const job = await world.until((job) => job.state === "done" && job.rows.total === 41);
  assert.equal(fakes.counts.units - before.units, 1, JSON.stringify(job));
});

test("a job is paused, resumed, cancelled and retried", async () => {
  const { fakes } = world;
  fakes.delayMs = 60;
  await world.post("/upload?name=slow.csv", library(200, 100, 300_000_000));
  const { id } = await world.until((job) => job.items.done > 4);
  const paused = await world.post(`/jobs/${id}/pause`);
  assert.equal(paused.body.state, "paused");
  await new Promise((resolve) => setTimeout(resolve, 400));
  const still = (await world.json(`/jobs/${id}`)).body;
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.deepEqual((await world.json(`/jobs/${id}`)).body.items, still.items);
  await world.post(`/jobs/${id}/resume`);
  await world.until((job) => job.items.done > still.items.done);
  const cancelled = await world.post(`/jobs/${id}/cancel`);
  assert.equal(cancelled.body.state, "cancelled");
  assert.equal((await world.post(`/jobs/${id}/resume`)).status, 400);
  fakes.delayMs = 0;
  await world.post(`/jobs/${id}/retry`);
  accounted(await world.done(), 200);
});

test("a cancelled library stays cancelled until its file is uploaded again", async () => {
  const csv = library(12, 6, 310_000_000);
  await world.post("/upload?name=dropped.csv&dryRun=true", csv);
  const { id } = await world.until((job) => job.state === "planned");
  assert.equal((await world.post(`/jobs/${id}/cancel`)).body.state, "cancelled");
  await world.heartbeat();
  const warm = await world.post("/warm", JSON.stringify({ file: "uploads/dropped.csv" }));
  assert.deepEqual(
    warm.body.jobs.map((job) => [job.id, job.state]),
    [[id, "cancelled"]],
  );
  const again = await world.post("/upload?name=dropped.csv", csv);
  assert.equal(again.body.jobs.length, 1);
  assert.notEqual(again.body.jobs[0].id, id);
  accounted(await world.done(), 12);
  assert.equal((await world.json(`/jobs/${id}`)).body.state, "superseded");
});

test("errors name what is wrong", async () => {
  for (const [method, path, body, status, code] of [
    ["GET", "/jobs/none", undefined, 404, "NOT_FOUND"],
    ["POST", "/jobs/slow-4/explode", undefined, 404, "NOT_FOUND"],
    ["PUT", "/status", undefined, 405, "METHOD_NOT_ALLOWED"],
    ["GET", "/warm", undefined, 405, "METHOD_NOT_ALLOWED"],
    ["POST", "/warm", "{oops", 400, "BAD_REQUEST"],
    ["POST", "/warm", '{"file":"uploads/none.csv"}', 404, "NOT_FOUND"],
    ["POST", "/upload", "", 400, "BAD_REQUEST"],
  ]) {
    const response = await world.json(path, { method, body });
    assert.equal(response.status, status, `${method} ${path}`);
    assert.equal(response.body.errorCode, code);
  }
  const answer = await world.post("/upload?name=page.csv", "<!doctype html><p>log in");
  assert.equal(answer.body.jobs[0].state, "failed");
  assert.match(answer.body.jobs[0].error, /web page/);
});

test("the reason for INTERNAL is logged once, by the Worker or its object", async () => {
  for (const name of ["BREAKER_COOLDOWN_MS", "STALE_TTL"]) {
    const other = await startWarmer({ vars: { warmer: { [name]: "soon" } } });
    try {
      const response = await other.worker.fetch("/jobs/first-1", { headers: admin });
      const text = await response.text();
      assert.deepEqual([response.status, JSON.parse(text).errorCode], [500, "INTERNAL"]);
      assert.ok(!text.includes(name), "not in the answer");
      const reasons = other.stack
        .logs()
        .map(({ json }) => json)
        .filter((line) => line?.event === "internal");
      assert.equal(reasons.length, 1, JSON.stringify(reasons));
      const { level, worker, route, trace_id, message } = reasons[0];
      assert.deepEqual([level, worker, route], ["error", "cache-warmer", "/jobs/{id}"]);
      assert.equal(trace_id, response.headers.get("x-trace-id"));
      assert.match(message, new RegExp(`^cache-warmer: ${name}: `));
    } finally {
      await other.stop();
    }
  }
});

test("files that are no library leave only their reason", async () => {
  const binary = Buffer.from(Array.from({ length: 20_000 }, (_, n) => (n * 7919 + (n >> 3) * 31) & 255));
  const wide = Array.from({ length: 1_000_000 }, (_, n) => `c${n}`).join(",");
  for (const [name, body, reason] of /** @type {const} */ ([
    ["a.zip", Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(5_000, 7)]), /ZIP archive/],
    ["blank.csv", "\n\n", /empty/],
    ["header.csv", "Title,Author,ISBN\n", /no books below/],
    ["wide.csv", `${wide}\n`, /more than 2000 columns/],
    ["binary.csv", binary, /binary file/],
    ["line.csv", "x".repeat(1_000_000), /longer than 131072 bytes/],
  ])) {
    const [job] = (await world.post(`/upload?name=${name}`, body)).body.jobs;
    assert.deepEqual([job.state, job.items.total, job.rows.total], ["failed", 0, 0], name);
    assert.match(job.error, reason);
  }
});

test("two uploads of one name at the same time end as one of them", async () => {
  const upload = (row) => world.post("/upload?name=race.csv", `Title,Author,ISBN\n${row}\n`);
  const answers = await Promise.all([
    upload("One,A Racer,9780441013593"),
    upload("Two,B Racer,9780547928227"),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [202, 202],
  );
  const job = await world.until((job) => job.file === "uploads/race.csv" && job.state === "done");
  accounted(job, 1);
  const stored = await (await (await world.bucket()).get("uploads/race.csv")).text();
  const own = (await world.status()).jobs.filter(({ file }) => file === "uploads/race.csv");
  assert.equal(own.length, 1, "the other upload was replaced");
  assert.equal(job.sizeBytes, stored.length);
});

test("the verification warms missing entries again", async () => {
  const { fakes } = world;
  const gone = `isbn:${isbn13(200_000_000)}`;
  assert.ok(fakes.cache.delete(gone));
  await Promise.all([world.worker.scheduled("0 2 * * *"), world.worker.scheduled("0 2 * * *")]);
  await eventually("the expected state", () => fakes.cache.has(gone));
  const checked = (job) => job.state === "failed" || (job.state === "done" && job.coverage.length === 1);
  await eventually("the expected state", async () => (await world.status()).jobs.every(checked));
  const jobs = (await world.status()).jobs.filter((job) => job.state === "done");
  const missing = jobs.map((job) => [job.file, job.coverage[0].missing]);
  // Two libraries have the ISBN; the second may be scanned after the first has warmed it again.
  const short = missing.filter(([, n]) => n > 0);
  assert.ok(short.length === 1 || short.length === 2, JSON.stringify(missing));
  for (const [file, n] of short) {
    assert.match(file, /dry\.csv$/);
    assert.equal(n, 1);
  }
});

test("a job shows how its file was read, and reads it again in a named encoding", async () => {
  const { fakes } = world;
  // As a Macintosh wrote it: no other code page fits the bytes.
  const text = "Liste\nTitel;Autor(en);Regal\nDie Br\x9fcke;Ann M\x9fller;A\n";
  const bytes = Buffer.from(text, "latin1");
  const guessed = await world.post("/upload?name=mac.csv&dryRun=true", bytes);
  const [first] = guessed.body.jobs;
  assert.equal(first.reading.encodingSource, "guess");
  assert.match(first.reading.warnings.join(), /is a guess/);
  const unknown = await world.json(`/jobs/${first.id}/reread?encoding=klingon`, { method: "POST" });
  assert.deepEqual([unknown.status, unknown.body.errorCode], [400, "BAD_REQUEST"]);
  const named = await world.post("/upload?name=mac.csv&encoding=macintosh", bytes);
  const [job] = named.body.jobs;
  assert.equal(job.id, first.id);
  const { reading } = job;
  assert.deepEqual([reading.encoding, reading.encodingSource], ["macintosh", "named"]);
  assert.deepEqual([reading.skippedLines, reading.headers[0].delimiter], [1, ";"]);
  assert.deepEqual(reading.headers[0].columns, [
    { column: 1, name: "Titel", takenFor: "title" },
    { column: 2, name: "Autor(en)", takenFor: "author" },
  ]);
  assert.deepEqual(reading.headers[0].ignored, ["Regal"]);
  accounted(await world.done(), 1);
  assert.ok(fakes.cache.has("title:die brücke|ann müller") || fakes.cache.has("title:die brucke|ann muller"));
  // A file without a usable row is not done.
  const none = await world.post("/upload?name=none.csv", "Title,Author\n,Jane Doe\n");
  assert.equal(none.body.jobs[0].state, "failed");
  assert.match(none.body.jobs[0].error, /none of its 1 rows can be used \(first line 2: no ISBN/);
});
