// Cache keys: texts with one meaning cause the same provider requests, other texts have another
// key, and the made-up searches of anonymous clients do not affect a library.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { admin, eventually } from "../harness/support.mjs";
import { startStack } from "../harness/index.mjs";
import { scratchDir } from "../harness/processes.mjs";
import { ask, startProxy, UNPACED } from "../proxy/support.mjs";
import { Warmer } from "../warmer/harness.mjs";

const INVISIBLE = [
  "\u00ad",
  "\u200b",
  "\u200c",
  "\u200e",
  "\u2060",
  "\ufeff",
  "\ufe0f",
  "\u{e0041}",
  "\u20dd",
  "\u0640",
  "\u064e",
  "\u05b0",
  "\u0336",
  "\u034f",
  "\u2122",
  "\u00ae",
  "`",
];

const SIGNS = `Title,Author,ISBN13
L'Étranger,Albert Camus,9782070360024
Journal d'une femme de chambre,Octave Mirbeau,9782070374649
Dune,Frank Herbert,9780441172719
Ender's Game,Orson Scott Card,9780812550702
At Swim-Two-Birds,Flann O'Brien,9781564781819
C++ Primer,Stanley Lippman,9780321714114
C Primer,Stephen Prata,9780321928429
"20,000 Leagues Under the Sea",Jules Verne,9780553212525
Harry Potter,J.K. Rowling,9780439708180
To Have and Have Not,Ernest Hemingway,9780684818986
Language: The Cultural Tool,Daniel Everett,9780307473806
Romeo & Julia,William Shakespeare,9783150000052
`;

const WARMED = `Title,Author,ISBN
Ender's Game,Orson Scott Card,
L'Étranger,Albert Camus,
Dune,Frank Herbert,9780441172719
C++ Primer,Stanley Lippman,
The Third Policeman,Flann O'Brien,
Emma,Jane Austen,
`;

function fileOf(name, csv) {
  const file = path.join(scratchDir(name), "library.csv");
  writeFileSync(file, csv);
  return file;
}

const search = (q) => `/search/auto?q=${encodeURIComponent(q)}`;
const titles = (answer) => answer.json().items.map((item) => item.volumeInfo.title);

describe("one question", () => {
  let stack;
  before(async () => {
    stack = await startProxy({
      vars: { proxy: UNPACED },
      emulators: { libraries: [fileOf("signs", SIGNS)], args: ["--complete", "--google-daily", "100000"] },
    });
    await stack.emulators.settings({ pace: false });
  });
  after(() => stack?.stop());

  const purge = (q) =>
    stack.worker("proxy").fetch(`/cache?q=${encodeURIComponent(q)}`, { method: "DELETE", headers: admin });

  test("34 of 34 texts with a meaningless character leave the correct answer unchanged", async () => {
    let held = 0;
    for (const route of ["/search/auto?q=", "/search/title?title="]) {
      for (const sign of INVISIBLE) {
        await ask(stack, route + encodeURIComponent(`du${sign}ne`));
        const honest = await ask(stack, `${route}dune`);
        const isHeld = honest.json().totalItems > 0 && titles(honest).includes("Dune");
        held += isHeld ? 1 : 0;
        assert.ok(isHeld, `${route} ${JSON.stringify(sign)}: ${honest.text.slice(0, 300)}`);
        const kind = route.includes("title") ? "title" : "q";
        await stack.worker("proxy").fetch(`/cache?${kind}=dune`, { method: "DELETE", headers: admin });
      }
    }
    assert.equal(held, 34);
  });

  test("texts that differ in decoration share one entry and one upstream request", async () => {
    for (const [first, ...others] of [
      [
        "harry potter -rowling",
        "Harry Potter Rowling",
        "harry potter NOT rowling".replace("NOT ", ""),
        '"harry" potter* rowling!',
      ],
      ["emma (dune)", "emma dune", "emma +dune", "“emma” dune™", "em\u00adma du\u200bne"],
      ["l’étranger camus", "L'Etranger Camus", "lʼétranger camus", "l＇étranger camus", "l`étranger camus"],
    ]) {
      assert.equal((await ask(stack, search(first))).cache, "MISS", first);
      await eventually(first, async () => (await ask(stack, search(first))).cache !== "MISS", 3_000);
      for (const other of others) assert.match((await ask(stack, search(other))).cache, /^HIT/, other);
    }
    const log = JSON.stringify(await stack.emulators.log());
    for (const operator of ["-rowling", "NOT rowling", "%22harry", "dune*", "\u00ad"])
      assert.ok(!log.includes(operator), operator);
  });

  for (const [q, wanted] of [
    ["L'Étranger", "L'Étranger"],
    ["l’étranger albert camus", "L'Étranger"],
    ["journal d'une femme de chambre", "Journal d'une femme de chambre"],
    ["d’une femme", "Journal d'une femme de chambre"],
    ["Ender's Game", "Ender's Game"],
    ["Flann O'Brien", "At Swim-Two-Birds"],
    ["o’brien at swim two birds", "At Swim-Two-Birds"],
    ["c++ primer", "C++ Primer"],
    ["c primer", "C Primer"],
    ["20,000 Leagues", "20,000 Leagues Under the Sea"],
    ["20,000 leagues under the sea jules verne", "20,000 Leagues Under the Sea"],
    ["harry potter - rowling", "Harry Potter"],
    ["TO HAVE AND HAVE NOT HEMINGWAY", "To Have and Have Not"],
    ["Language: The Cultural Tool Daniel Everett", "Language: The Cultural Tool"],
    ["Romeo & Julia", "Romeo & Julia"],
  ]) {
    test(`${q} finds ${wanted}`, async () => {
      const answer = await eventually(
        q,
        async () => {
          const one = await ask(stack, search(q));
          return !one.text.includes('"pending"') && one;
        },
        3_000,
      );
      const found = titles(answer).some((title) => wanted.startsWith(title) || title.startsWith(wanted));
      assert.ok(found, `${JSON.stringify(titles(answer))} ${JSON.stringify(answer.json().providers)}`);
      for (const { name, outcome } of answer.json().providers)
        assert.equal(outcome, "found", `${q}: ${name}`);
      await purge(q);
    });
  }
});

describe("a library", () => {
  let world;
  before(async () => {
    const stack = await startStack({
      vars: {
        isbndb: { ISBNDB_PLAN: "enterprise", BREAKER_FAILURES: "0" },
        proxy: { ...UNPACED, BREAKER_FAILURES: "0" },
      },
      emulators: {
        libraries: [fileOf("warmed", `${WARMED}Ivanhoe,Walter Scott,\n`)],
        args: ["--isbndb-plan", "enterprise", "--complete", "--google-daily", "100000"],
      },
    });
    await stack.emulators.settings({ pace: false });
    world = new Warmer(stack);
  });
  after(() => world?.stop());

  /** Twenty-four questions with made-up texts of an anonymous client. */
  const poison = () =>
    Promise.all(
      WARMED.trim()
        .split("\n")
        .slice(1)
        .flatMap((row) => {
          const [title, author] = row.split(",");
          const params = [
            `/search/advanced?${new URLSearchParams({ title, author })}`,
            search(`-${title} ${author}`),
            search(`${title}\u00ad ${author}`),
            `/search/author?${new URLSearchParams({ author: `${author}\u200b` })}`,
          ];
          return params.map((path) => world.stack.worker("proxy").fetch(path, { headers: admin }));
        }),
    );

  test("is warmed although each of its texts has an empty entry", async () => {
    // The providers know nothing for a while, so that every entry of that time is empty.
    await world.stack.emulators.faults({ provider: "all", fault: "empty" });
    const answers = await poison();
    assert.equal(answers.length, 24);
    for (const answer of answers) assert.equal((await answer.json()).totalItems, 0);
    await world.stack.emulators.clear();
    await world.put("uploads/library.csv", WARMED);
    await world.heartbeat();
    const job = await world.done(100_000);
    assert.equal(job.items.notFound + job.items.failed, 0, JSON.stringify(job));
    assert.equal(job.items.done, job.items.total);
    const failures = await (await world.file(`results/${job.id}/failures.csv`)).text();
    assert.equal(failures.trim().split("\n").length, 1, failures);
  });

  test("is also found without its signs", async () => {
    for (const q of [
      "enders game orson scott card",
      "ENDER’S GAME Orson Scott Card",
      "letranger albert camus",
      "flann obrien",
      "the third policeman flann obrien",
      "the third policeman by flann o'brien",
    ]) {
      const answer = await ask(world.stack, search(q));
      assert.match(answer.cache, /^HIT/, q);
      assert.ok(answer.json().totalItems > 0, q);
    }
    // Without plus signs the text may mean another book: the entry is served once, then refreshed.
    const q = "c primer stanley lippman";
    assert.equal((await ask(world.stack, search(q))).cache, "STALE");
    await eventually(q, async () => (await ask(world.stack, search(q))).cache.startsWith("HIT"), 5_000);
  });

  test("a retry searches again for what was not found", async () => {
    const rows = "Title,Author,ISBN\nIvanhoe,Walter Scott,\n";
    await world.stack.emulators.faults({ provider: "all", fault: "empty" });
    await world.put("uploads/second.csv", rows);
    await world.heartbeat();
    const lost = await world.until(
      (job) => job.file === "uploads/second.csv" && job.items.notFound === job.items.total,
      60_000,
    );
    await world.stack.emulators.clear();
    const counts = async () => (await world.stack.emulators.counts()).isbndb.requests;
    const before = await counts();
    assert.equal((await world.post(`/jobs/${lost.id}/retry`)).status, 200);
    await world.until((job) => job.id === lost.id && job.state === "done", 60_000);
    assert.ok((await counts()) > before, "ISBNdb was called again, bypassing every cache");
  });
});
