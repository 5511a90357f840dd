// Helpers for the tests of several Workers.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

import { ADMIN_TOKEN } from "./index.mjs";

/** True in the long form of the tests. */
export const SOAK = process.env.SOAK === "1";

/** The headers of a request with the admin token. */
export const admin = { authorization: `Bearer ${ADMIN_TOKEN}` };

/**
 * False if a program can be started, else why a test is skipped.
 *
 * @param {string} program
 * @param {string} hint how to install it
 */
export function missing(program, hint, flag = "--version") {
  const { status } = spawnSync(program, [flag]);
  return status === 0 ? false : `${program} is not installed (${hint})`;
}

/**
 * Waits until `check` returns a truthy value, and returns it.
 *
 * @param {string} what
 * @param {() => any} check
 * @returns {Promise<any>}
 */
export async function eventually(what, check, ms = 20_000) {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await check();
    if (found) return found;
    assert.ok(Date.now() < deadline, `${what} within ${ms} ms`);
    await sleep(50);
  }
}

/** A valid ISBN-13 of up to nine digits after 978. */
export function isbn13(number) {
  const core = `978${String(number).padStart(9, "0")}`;
  const sum = [...core].reduce((sum, digit, at) => sum + Number(digit) * (at % 2 ? 3 : 1), 0);
  return core + ((10 - (sum % 10)) % 10);
}
