// The dashboard in a real browser, where there is one: what a person sees and does.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { ADMIN_TOKEN } from "../harness/index.mjs";
import { scratchDir } from "../harness/processes.mjs";
import { soon, startWarmer, VERIFY } from "./harness.mjs";
import { library } from "./fakes.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const program = NAMES.find((name) => spawnSync(name, ["--version"]).status === 0);
const skip = program ? false : "no Chromium on this machine";

/** One page of a headless browser, over its debugging protocol. */
class Browser {
  #next = 0;
  #waiting = new Map();
  requests = [];

  /** @param {import("node:child_process").ChildProcess} child @param {WebSocket} socket */
  constructor(child, socket) {
    this.child = child;
    this.socket = socket;
  }

  static async start() {
    const flags = [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--remote-debugging-port=0",
      `--user-data-dir=${scratchDir("browser")}`,
      "about:blank",
    ];
    const child = spawn(program || NAMES[0], flags, { stdio: ["ignore", "ignore", "pipe"] });
    let text = "";
    child.stderr.on("data", (chunk) => (text += chunk));
    const url = await soon(() => /ws:\/\/\S+/.exec(text)?.[0], 30_000);
    const { host } = new URL(url);
    const pages = await (await fetch(`http://${host}/json/list`)).json();
    const [page] = /** @type {{ webSocketDebuggerUrl: string }[]} */ (pages);
    const socket = new WebSocket(page.webSocketDebuggerUrl);
    const browser = new Browser(child, socket);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    socket.addEventListener("message", ({ data }) => browser.#hear(JSON.parse(data)));
    await browser.send("Network.enable");
    await browser.send("Page.enable");
    return browser;
  }

  #hear({ id, result, method, params }) {
    if (id !== undefined) this.#waiting.get(id)?.(result);
    if (method === "Network.requestWillBeSent") this.requests.push(params.request.url);
  }

  send(method, params = {}) {
    const id = ++this.#next;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  async run(expression) {
    const answer = await this.send("Runtime.evaluate", { expression, awaitPromise: true });
    return answer.result?.value;
  }

  async picture(file) {
    const { data } = await this.send("Page.captureScreenshot", { format: "png" });
    writeFileSync(file, Buffer.from(data, "base64"));
  }

  stop() {
    this.socket.close();
    this.child.kill("SIGKILL");
  }
}

let world;
let browser;
before(async () => {
  if (skip) return;
  world = await startWarmer();
  browser = await Browser.start();
});
after(async () => {
  browser?.stop();
  await world?.stop();
});

test("a person opens it, follows a library, stops it and sees what failed", { skip }, async () => {
  const evil = `${library(60, 30)}"<img src=x onerror=alert(1)>",,\n<b>bold</b>,,12345\n`;
  world.fakes.unknown.add("9781000000009");
  await world.post("/upload?name=mine.csv", evil + "Gone,Nobody Known,9781000000009\n");
  await world.done();
  const origin = world.stack.urls.warmer;
  await browser.send("Page.navigate", { url: `${origin}/` });
  await soon(() => browser.run(`document.querySelector("#token") !== null`));
  const type = (token) =>
    browser.run(`
    document.querySelector("#token").value = ${JSON.stringify(token)};
    document.querySelector("#key button").click()`);
  await type("wrong");
  await soon(() =>
    browser.run(`document.querySelector("#message").textContent === "The admin token is wrong"`),
  );
  assert.equal(await browser.run(`document.querySelector("#key").hidden`), false, "it asks again");
  assert.equal(await browser.run(`sessionStorage.getItem("token")`), null, "and forgets the wrong one");
  await type(ADMIN_TOKEN);
  const text = () => browser.run(`document.querySelector("#jobs").innerText`);
  await soon(async () => (await text())?.includes("mine.csv"));
  assert.match(await text(), /done/);
  assert.match(await text(), /1 not found/);
  await browser.run(`document.querySelector("details").open = true`);
  assert.match(await text(), /no provider knows this number/);
  const headings = await browser.run(`[...document.querySelectorAll("th")].map((th) => {
    const range = document.createRange();
    range.selectNodeContents(th);
    return range.getClientRects().length;
  }).join()`);
  assert.equal(headings, "1,1,1", "a heading stands in one line");
  // Markup of the library is text.
  assert.equal(await browser.run(`document.querySelectorAll("#jobs img, #jobs b").length`), 0);

  world.fakes.delayMs = 120;
  await world.post("/upload?name=second.csv", library(300, 150, 700_000_000));
  const press = (label) =>
    browser.run(`
    [...document.querySelectorAll("#jobs button")].find((b) => b.textContent === "${label}")?.click()`);
  await browser.run("refresh()"); // An idle page looks every half minute.
  await soon(async () => (await text()).includes("second.csv"));
  await soon(async () => /Pause/.test(await text()));
  await press("Pause");
  await soon(async () => /paused by a person/.test(await text()));
  assert.equal(await browser.run(`document.querySelector("#key").offsetHeight`), 0);
  if (process.env.DASHBOARD_PNG) await browser.picture(process.env.DASHBOARD_PNG);
  await press("Resume");
  await soon(async () => !/paused by a person/.test(await text()));
  await press("Cancel");
  await soon(async () => /cancelled/.test(await text()));

  // What is searched for, by the numbers alone.
  world.fakes.delayMs = 0;
  const queries = ["<b>one</b>", "two"].map((q) => ({
    key: `v2/any/${q}`,
    query: { kind: "auto", q },
    timesSearched: 2,
    lastAskedMs: Date.now(),
  }));
  world.fakes.searched = { enabled: true, queries, unreachableShards: 0 };
  await world.worker.scheduled(VERIFY);
  await soon(async () => (await world.status()).searchWarming.history.length);
  await browser.run("refresh()");
  const foot = () => browser.run(`document.querySelector("#foot").innerText`);
  await soon(async () => /2 on the list, 0 warm wasCached, 2 of 2 warmed/.test(await foot()));

  // Nothing from anywhere else, and the token in no URL.
  const elsewhere = browser.requests.filter((url) => !url.startsWith(origin) && !url.startsWith("blob:"));
  assert.deepEqual(elsewhere, []);
  assert.ok(browser.requests.every((url) => !url.includes(ADMIN_TOKEN)));
});
