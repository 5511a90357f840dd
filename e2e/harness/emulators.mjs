// The provider emulators: starts them and calls their control API.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

import { ROOT } from "./config.mjs";
import { killNow, unwatch, watch, within } from "./processes.mjs";

const START_MS = 30_000;

/** Starts the emulators. `libraries` are CSV files, `args` further flags of the program. */
export async function startEmulators({ libraries = [], args = [] } = {}) {
  const program = process.env.EMULATORS_BIN ?? path.join(ROOT, "target/debug/emulators");
  if (!existsSync(program)) {
    throw new Error(`${program} is missing: run \`cargo build -p emulators\` first`);
  }
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const flags = [...port, "--exit-with-stdin", ...libraries.flatMap((file) => ["--library", file])];
  const child = spawn(program, [...flags, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  watch(child.pid);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let errors = "";
  child.stderr.on("data", (chunk) => (errors = (errors + chunk).slice(-8192)));
  child.stdin.on("error", () => {});
  try {
    const addresses = JSON.parse(
      await within(
        START_MS,
        "emulators",
        firstLine(child, () => errors),
      ),
    );
    return new Emulators(child, ended, addresses);
  } catch (error) {
    killNow(child.pid);
    unwatch(child.pid);
    throw error;
  }
}

function firstLine(child, errors) {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`emulators ended with ${code}: ${errors()}`)));
  });
}

class Emulators {
  #child;
  #ended;

  constructor(child, ended, addresses) {
    this.#child = child;
    this.#ended = ended;
    /** { port, googleBooks, openLibrary, isbndb, control } */
    this.addresses = addresses;
  }

  get processId() {
    return this.#child.pid;
  }

  /** Sets a fault; emulators/README.md describes the body. */
  faults(body) {
    return this.control("POST", "faults", body);
  }

  /** Removes all faults. */
  clear() {
    return this.control("DELETE", "faults");
  }

  /** Every request received, or those after the entry `since`. */
  log(since) {
    return this.control("GET", since === undefined ? "log" : `log?since=${since}`);
  }

  /** Requests received, counted per provider. */
  counts() {
    return this.control("GET", "counts");
  }

  /** Reads or changes the settings (quota day, plan, latency). */
  settings(body) {
    return body === undefined ? this.control("GET", "settings") : this.control("POST", "settings", body);
  }

  /** The books of the emulators. */
  catalogue() {
    return this.control("GET", "catalogue");
  }

  /** Resets faults, quotas and the log. */
  reset() {
    return this.control("POST", "reset");
  }

  /** Any other call of the control API. */
  async control(method, what, body) {
    const url = new URL(`/__control/${what}`, this.addresses.control);
    const response = await fetch(url, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${url.pathname}: ${response.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  async stop() {
    this.#child.stdin.end();
    await within(3_000, "end of the emulators", this.#ended).catch(() => killNow(this.#child.pid));
    unwatch(this.#child.pid);
  }
}
