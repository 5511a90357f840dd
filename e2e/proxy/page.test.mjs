// The proxy's page in a real browser, and the JSON for programs at the same address.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { checkAccessible, checkWidth, openTab, skip, startBrowser } from "../harness/browser.mjs";
import { startStack } from "../harness/index.mjs";
import { scratchDir } from "../harness/processes.mjs";

const EVIL = "<img src=x onerror=alert(1)>";
const COVER_HOSTS = /^https:\/\/(images\.isbndb\.com|covers\.openlibrary\.org|books\.google\.com)\//;

let stack;
before(async () => {
  const library = path.join(scratchDir("library"), "library.csv");
  writeFileSync(library, `Title,Author,ISBN\nDune,Frank Herbert,9780441172719\n`);
  stack = await startStack({
    workers: ["proxy", "isbndb"],
    emulators: { libraries: [library], args: ["--complete"] },
  });
});
after(() => stack?.stop());

let visitors = 0;
/** A request from a new address each time, because the misses of one client are limited. */
const get = (url, accept) => {
  const address = `192.0.2.${(visitors += 1)}`;
  return stack.worker("proxy").fetch(url, { headers: { accept, "cf-connecting-ip": address } });
};

test("programs get JSON and browsers a page", async () => {
  for (const accept of ["*/*", "application/json", "application/json, text/html;q=0.9"]) {
    const answer = await get("/", accept);
    assert.match(answer.headers.get("vary"), /accept/, accept);
    assert.equal((await answer.json()).worker, "books-api-proxy", accept);
  }
  const page = await get("/", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
  assert.match(page.headers.get("content-type"), /^text\/html/);
  assert.match(page.headers.get("vary"), /accept/);
  const policy = page.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
  const text = await page.text();
  for (const [, file] of text.matchAll(/(?:href|src)="(\/page\/[^"]+)"/g)) {
    assert.equal((await get(file, "*/*")).status, 200, file);
  }
  assert.equal((await get("/page/none.js", "*/*")).status, 404);
});

test("the page shows the books of a search, and every example works", { skip }, async () => {
  const browser = await startBrowser();
  try {
    const { tab, requests, complaints } = await openTab(browser);
    const address = `${stack.urls.proxy}/`;
    await tab.goto(address);
    await checkAccessible(tab, "the page");
    await tab.keyboard.press("Tab");
    await tab.keyboard.type("9780441172719");
    await tab.keyboard.press("Enter");
    await tab.getByRole("heading", { name: "Dune" }).waitFor();
    await tab.keyboard.press("Enter");
    await tab.locator("#answer .pill.good").waitFor();
    assert.match(await tab.locator("#answer").innerText(), /HIT-[\s\S]* ms the time before[\s\S]*1 book/);

    // A title with markup stays text, even if the proxy had not removed the tags.
    await tab.route("**/search/auto?*", async (route) => {
      const response = await route.fetch();
      const text = (await response.text()).replaceAll('"title":"Dune"', `"title":${JSON.stringify(EVIL)}`);
      await route.fulfill({ response, body: text });
    });
    await tab.keyboard.press("Enter");
    await tab.getByRole("heading", { name: EVIL }).first().waitFor();
    assert.equal(await tab.locator("img[src=x]").count(), 0);
    await checkAccessible(tab, "the page with books");
    await tab.setViewportSize({ width: 390, height: 844 });
    await checkWidth(tab, "the page on a phone");

    for (const link of await tab.locator("section a").all()) {
      const href = (await link.getAttribute("href")) ?? "";
      const { status } = await get(href, "application/json");
      assert.ok(status === 200 || status === 404, `${href}: ${status}`);
    }
    assert.deepEqual(complaints, []);
    const elsewhere = requests.filter((url) => !url.startsWith(address) && !COVER_HOSTS.test(url));
    assert.deepEqual(
      elsewhere.filter((url) => !url.startsWith("data:")),
      [],
    );
  } finally {
    await browser.close();
  }
});
