// The dashboard in a real browser, over the three real Workers.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { admin, eventually } from "../harness/support.mjs";
import { checkAccessible, checkWidth, closeTab, openTab, skip, startBrowser } from "../harness/browser.mjs";
import { ADMIN_TOKEN, startStack } from "../harness/index.mjs";
import { scratchDir } from "../harness/processes.mjs";

const EVIL = "<img src=x onerror=alert(1)>";
const LIBRARY = `Titel;Autor;ISBN;Preis
Dune;Frank Herbert;9780441172719;9,99
The Hobbit;J.R.R. Tolkien;9780547928227;8,50
"${EVIL}";Ursula K. Le Guin;;7
Meditations;Marcus Aurelius;;5
"<b>";;;
;;12345;1
`;
const COVER_HOSTS = /^https:\/\/(images\.isbndb\.com|covers\.openlibrary\.org|books\.google\.com)\//;
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** Books that no provider knows, each by another author, so that warming takes a while. */
const slowLibrary = () => {
  const rows = Array.from({ length: 400 }, (_, n) => `Unwritten ${n},Unknown Author ${n}`);
  return `Title,Author\n${rows.join("\n")}\n`;
};

let stack;
/** @type {import("playwright-core").Browser} */
let browser;
let folder;
before(async () => {
  if (skip) return;
  folder = scratchDir("library");
  writeFileSync(path.join(folder, "library.csv"), LIBRARY);
  writeFileSync(path.join(folder, "slow.csv"), slowLibrary());
  stack = await startStack({
    vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
    emulators: {
      libraries: [path.join(folder, "library.csv")],
      args: ["--isbndb-plan", "enterprise", "--complete"],
    },
  });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await stack?.stop();
});

const address = () => `${stack.urls.warmer}/`;
const link = () => `${address()}#token=${ADMIN_TOKEN}`;

const auth = { headers: admin };

async function jobs() {
  const status = /** @type {any} */ (await (await fetch(`${address()}status`, auth)).json());
  return status.jobs;
}

/** A signed-in tab; the test answers requests for covers, the Worker all others. */
async function signedIn(options) {
  const opened = await openTab(browser, options);
  await opened.tab
    .context()
    .route(COVER_HOSTS, (route) => route.fulfill({ body: PICTURE, contentType: "image/png" }));
  await opened.tab.goto(link());
  await opened.tab.locator("#app").waitFor();
  return opened;
}

/** The card of a library. @param {import("playwright-core").Page} tab @param {string} name */
const card = (tab, name) => tab.getByRole("article", { name });

test("a library goes from the upload to a hit", { skip }, async () => {
  const { tab, requests, complaints } = await signedIn();
  assert.equal(tab.url(), address(), "the token is not in the address");
  assert.equal(await tab.evaluate("sessionStorage.getItem('token')"), ADMIN_TOKEN);

  // Before the upload: how the file is read, and what warming it takes.
  await tab.locator("#file").setInputFiles(path.join(folder, "library.csv"));
  const panel = tab.locator("#add .card:visible");
  await panel.getByText("What it will take").waitFor();
  const text = await panel.innerText();
  for (const part of [
    "6 rows",
    "UTF-8",
    "semicolon",
    "any program",
    "Titel → title",
    "Autor → author",
    "ISBN → ISBN",
    EVIL,
  ]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  assert.match(text, /with an ISBN\s+2/);
  assert.match(text, /not usable\s+1/);
  assert.match(text, /ISBNdb\s+\d+/);
  assert.deepEqual(await jobs(), [], "a preview stores nothing");

  await panel.getByRole("button", { name: "Warm this library" }).click();
  const library = card(tab, "library.csv");
  await library.getByText(/^done$/).waitFor({ timeout: 40_000 });
  assert.match(await library.innerText(), /\d+ % warm/);

  // The failed rows are searched and downloaded.
  await library.getByText(/What needs a look/).click();
  await library.getByRole("cell", { name: "wrong number of digits" }).waitFor();
  await library.getByLabel("Search the rows").fill("no such row");
  await library.getByText("No row matches.").waitFor();
  await library.getByLabel("Search the rows").fill("");
  const [download] = await Promise.all([
    tab.waitForEvent("download"),
    library.getByRole("button", { name: "Download all" }).click(),
  ]);
  assert.match(readFileSync(await download.path(), "utf8"), /^line;reason;Titel;Autor;ISBN;Preis\n/);

  // The search shows the book, its tier and its cover.
  await tab.getByRole("searchbox", { name: "A search as a client makes it" }).fill("9780441172719");
  await tab.getByRole("button", { name: "Search", exact: true }).click();
  await tab.locator(".answer .pill.good").waitFor();
  assert.match(
    await tab.locator(".answer").innerText(),
    /HIT-[\s\S]*\d+ ms[\s\S]*stored .* ago[\s\S]*1 book/,
  );
  assert.match(
    await tab.locator(".book").first().innerText(),
    /Dune[\s\S]*Frank Herbert[\s\S]*9780441172719/,
  );

  // Quota and health.
  await tab.getByRole("meter", { name: /ISBNdb/ }).waitFor();
  assert.deepEqual(await tab.locator("#workers li").allInnerTexts(), [
    "Search proxy up",
    "Warmer up",
    "ISBNdb Worker up",
  ]);

  // Markup is shown as text, no request goes to another origin, the token is in no address.
  assert.equal(await tab.locator("#app b:text-is('bold'), img[src=x]").count(), 0);
  assert.deepEqual(complaints, []);
  const elsewhere = requests.filter(
    (url) => !url.startsWith(address()) && !COVER_HOSTS.test(url) && !url.startsWith("blob:"),
  );
  assert.deepEqual(elsewhere, []);
  assert.ok(requests.every((url) => !url.includes(ADMIN_TOKEN)));
  await checkAccessible(tab, "a warm library with its failures and a search");

  // On a phone.
  await tab.setViewportSize({ width: 390, height: 844 });
  await checkWidth(tab, "a warm library on a phone");
  const topOf = async (/** @type {string} */ id) => (await tab.locator(id).boundingBox())?.y ?? 0;
  assert.ok((await topOf("#search")) < (await topOf("#quota")), "the search comes before the quota");
  await tab.locator("#file").setInputFiles(path.join(folder, "library.csv"));
  await panel.getByText("What it will take").waitFor();
  await checkWidth(tab, "a preview on a phone");
  await checkAccessible(tab, "a preview on a phone");
  await closeTab(tab);
});

test("the keyboard suffices from the sign-in to the search", { skip }, async () => {
  const { tab } = await openTab(browser);
  await tab.goto(address());
  await tab.locator("#token").waitFor();
  await checkAccessible(tab, "the sign-in");
  /** Presses Tab until an element has the focus. @param {string} selector */
  const tabTo = async (selector) => {
    for (let at = 0; at < 60; at += 1) {
      await tab.keyboard.press("Tab");
      if (await tab.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
    }
    assert.fail(`the keyboard does not reach ${selector}`);
  };
  await tabTo("#token");
  await tab.keyboard.type("wrong");
  await tab.keyboard.press("Enter");
  await tab.getByText("The admin token is wrong").waitFor();
  assert.equal(await tab.evaluate("sessionStorage.getItem('token')"), null, "a wrong token is not stored");
  assert.equal(await tab.evaluate("document.activeElement.id"), "token", "the sign-in asks again");
  await tab.keyboard.type(ADMIN_TOKEN);
  await tab.keyboard.press("Enter");
  await tab.locator("#app").waitFor();

  // Pasted ISBNs are a library too; this one is only planned.
  await tabTo("#add .drop button:not(.primary)");
  await tab.keyboard.press("Enter");
  await tab.keyboard.type("978-0-441-17271-9\n9780547928227");
  await tabTo("#add form button");
  await tab.keyboard.press("Enter");
  await tab.getByText("What it will take").waitFor();
  assert.match(await tab.locator("#add").innerText(), /pasted-.*\.csv[\s\S]*2 rows/);
  await tabTo(".decide button:nth-of-type(2)");
  await tab.keyboard.press("Enter");
  const library = tab.getByRole("article", { name: /pasted/ });
  await library.getByText("planned", { exact: true }).waitFor();
  assert.match(await library.innerText(), /Nothing is spent until you start it/);

  await tabTo("#q");
  await tab.keyboard.type("hobbit");
  await tab.keyboard.press("Enter");
  await tab.getByRole("heading", { name: "The Hobbit" }).first().waitFor();
  await closeTab(tab);
});

test("warming is paused, resumed, cancelled and retried", { skip }, async () => {
  const { tab } = await signedIn();
  await tab.locator("#file").setInputFiles(path.join(folder, "slow.csv"));
  await tab.getByRole("button", { name: "Warm this library" }).click();
  const library = card(tab, "slow.csv");
  await library.getByText(/Fetching authors/).waitFor();
  assert.equal(await library.getByRole("progressbar").count(), 1);
  await library.getByRole("button", { name: "Pause" }).click();
  await library.getByText("paused", { exact: true }).waitFor();
  // The focused button was removed: its successor gets the focus.
  assert.equal(await tab.evaluate("document.activeElement.textContent"), "Resume");
  await library.getByRole("button", { name: "Resume" }).click();
  await library.getByText("warming", { exact: true }).waitFor();

  await library.getByRole("button", { name: "Cancel" }).click();
  const dialog = tab.getByRole("dialog", { name: "Cancel slow.csv?" });
  await dialog.waitFor();
  await checkAccessible(tab, "the question before a cancel");
  await tab.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.equal(await library.getByText("cancelled", { exact: true }).count(), 0);
  await library.getByRole("button", { name: "Cancel" }).click();
  await dialog.getByRole("button", { name: "Cancel the warming" }).click();
  await library.getByText("cancelled", { exact: true }).waitFor();
  await library.getByRole("button", { name: "Start again" }).click();
  await library.getByText(/^(warming|being planned)$/).waitFor();
  await library.getByRole("button", { name: "Cancel" }).click();
  await dialog.getByRole("button", { name: "Cancel the warming" }).click();
  await library.getByText("cancelled", { exact: true }).waitFor();
  await closeTab(tab);
});

test("ten thousand failed rows stay fast, and an unusable file is refused", { skip }, async () => {
  const { tab } = await signedIn();
  const rows = Array.from({ length: 10_000 }, (_, n) => `,,${n}`);
  const csv = Buffer.from(`Title,Author,ISBN\n${rows.join("\n")}\n`);
  await tab.locator("#file").setInputFiles({ name: "photo.csv", mimeType: "text/csv", buffer: PICTURE });
  await tab
    .getByRole("alert")
    .getByText(/not a CSV/)
    .waitFor();
  await tab.getByRole("button", { name: "Choose another" }).click();

  await tab.locator("#file").setInputFiles({ name: "many.csv", mimeType: "text/csv", buffer: csv });
  await tab.getByText("No row of this file can be used").waitFor();
  // The dashboard offers no upload of such a file, but shows one that was uploaded in another way.
  const uploaded = await fetch(`${address()}upload?name=many.csv`, { method: "POST", body: csv, ...auth });
  assert.equal(uploaded.status, 202);
  await eventually("the expected state", async () => {
    const all = await jobs();
    return all.find(({ file, state }) => file === "uploads/many.csv" && state === "failed");
  });
  await tab.reload();
  const library = card(tab, "many.csv");
  await library.getByText("What needs a look: 10,000 rows not usable").click();
  await library.getByText("1 to 50 of 10,000 rows").waitFor();
  await library.getByRole("button", { name: "Next" }).click();
  await library.getByText("51 to 100 of 10,000 rows").waitFor();
  assert.equal(await library.locator(".failures tbody tr").count(), 50);
  const ms = Number(
    await tab.evaluate(`{
      const field = document.querySelector("article details[open] input");
      const started = performance.now();
      field.value = "10001";
      field.dispatchEvent(new Event("input"));
      document.body.getBoundingClientRect();
      performance.now() - started;
    }`),
  );
  await library.getByText("1 to 1 of 1 row").waitFor();
  assert.ok(ms < 200, `a search in ten thousand rows took ${Math.round(ms)} ms`);
  await closeTab(tab);
});

test("coverage over time is shown as a picture and a text", { skip }, async () => {
  const { tab } = await openTab(browser);
  // There is one verification a day: the earlier days are added to the real document.
  await tab.context().route("**/status", async (route) => {
    const response = await route.fetch();
    const status = await response.json();
    for (const job of status.jobs) {
      job.coverage = Array.from({ length: 30 }, (_, n) => {
        const missing = [1, 0, 0, 3, 9][n % 5];
        return { atMs: Date.now() - n * 86_400_000, asked: 100, warm: 100 - missing, expiring: 4, missing };
      });
    }
    await route.fulfill({ response, json: status });
  });
  await tab.goto(link());
  const picture = tab.getByRole("img", { name: /Coverage over time: 99 % of it was warm on/ }).first();
  await picture.waitFor();
  assert.match((await picture.getAttribute("aria-label")) ?? "", /the least was 91 %/);
  await tab.locator(".coverage summary").first().click();
  assert.equal(await tab.locator(".coverage").first().locator("tbody tr").count(), 30);
  await checkAccessible(tab, "coverage over time");
  await tab.setViewportSize({ width: 390, height: 844 });
  await checkWidth(tab, "coverage on a phone");
  await closeTab(tab);
});

test("a Worker that is down is shown with the reason", { skip }, async () => {
  const { tab } = await openTab(browser);
  await tab
    .context()
    .route("**/health/isbndb", (route) =>
      route.fulfill({ status: 502, json: { title: "The sibling failed", detail: "isbndb-worker: timeout" } }),
    );
  await tab.context().route("**/health", async (route) => {
    const response = await route.fetch();
    const health = await response.json();
    health.status = "degraded";
    health.storage.WARMING_CACHE = { status: "error", responseTime: 900, error: "timeout" };
    await route.fulfill({ response, json: health });
  });
  await tab.goto(link());
  await tab.locator("#health").getByText("isbndb-worker: timeout").waitFor();
  await tab.locator("#health").getByText("WARMING_CACHE: timeout").waitFor();
  assert.deepEqual(await tab.locator("#workers li").allInnerTexts(), [
    "Search proxy up",
    "Warmer up, with less",
    "ISBNdb Worker down",
  ]);
  await checkAccessible(tab, "Workers that are down");
  await closeTab(tab);
});
