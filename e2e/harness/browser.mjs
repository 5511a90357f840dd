// A real Chromium for tests of the pages, if the machine has one.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { chromium } from "playwright-core";

const NAMES = [
  process.env.CHROMIUM ?? "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const found = NAMES.map((name) =>
  name.includes("/") ? name : spawnSync("which", [name], { encoding: "utf8" }).stdout?.trim(),
).find((program) => program && spawnSync(program, ["--version"]).status === 0);

/** For `test(name, { skip }, …)`: the reason to skip the tests of pages, or false. */
export const skip = found ? false : "there is no Chromium on this machine (CHROMIUM names one)";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function startBrowser() {
  return chromium.launch({ executablePath: found, args: ["--no-sandbox"] });
}

/**
 * A tab that records its requests and its errors.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function openTab(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const tab = await context.newPage();
  tab.setDefaultTimeout(45_000);
  const requests = /** @type {string[]} */ ([]);
  const complaints = /** @type {string[]} */ ([]);
  tab.on("request", (request) => requests.push(request.url()));
  tab.on("pageerror", (error) => complaints.push(String(error)));
  tab.on("console", (message) => {
    if (/content security policy/i.test(message.text())) complaints.push(message.text());
  });
  return { tab, requests, complaints };
}

/** Closes a tab and cancels its requests. @param {import("playwright-core").Page} tab */
export async function closeTab(tab) {
  await tab.context().unrouteAll({ behavior: "ignoreErrors" });
  await tab.context().close();
}

/**
 * Axe finds no fault, in the light and in the dark scheme.
 *
 * @param {import("playwright-core").Page} tab
 * @param {string} where
 */
export async function checkAccessible(tab, where) {
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // Evaluated over the debugging protocol, to which no content security policy applies.
    await tab.evaluate(axeSource);
    const violations = await tab.evaluate(async () => {
      const { violations } = await /** @type {any} */ (globalThis).axe.run();
      return violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`,
      );
    });
    assert.deepEqual(violations, [], `${where}, ${colorScheme}`);
  }
}

/**
 * Checks that the page is not wider than the window.
 *
 * @param {import("playwright-core").Page} tab
 * @param {string} where
 */
export async function checkWidth(tab, where) {
  const [width, window] = await tab.evaluate("[document.documentElement.scrollWidth, innerWidth]");
  assert.ok(width <= window, `${where}: ${width} pixels in a window of ${window}`);
}
