// Child processes that end with the test, also if the test process itself is killed.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";

const require = createRequire(import.meta.url);
const watchers = new Map();
let scratch;

process.on("exit", () => {
  for (const pid of watchers.keys()) killNow(pid);
  if (scratch) rmSync(scratch, { recursive: true, force: true });
});

/** The folder of this process; made only on demand, because an early Ctrl-C would leave it. */
function scratchRoot() {
  scratch ??= mkdtempSync(path.join(tmpdir(), "book-cache-"));
  return scratch;
}

/** A folder that is removed at the regular end of the process. */
export function scratchDir(prefix) {
  return mkdtempSync(path.join(scratchRoot(), `${prefix}-`));
}

export function killNow(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // The process has ended already.
  }
}

/**
 * Kills a process when this one ends for any reason: a shell waits for the end of its
 * standard input, which the system closes.
 */
export function watch(pid) {
  const script = `read -r word; [ "$word" = done ] || { kill -9 ${pid}; rm -rf '${scratchRoot()}'; }`;
  const shell = spawn("sh", ["-c", script], {
    stdio: ["pipe", "ignore", "ignore"],
    // In a group of its own, because Ctrl-C would end the watcher too early.
    detached: true,
  });
  shell.stdin.on("error", () => {});
  shell.unref();
  // The pipe is a socket, which the types do not say.
  if ("unref" in shell.stdin && typeof shell.stdin.unref === "function") shell.stdin.unref();
  watchers.set(pid, shell);
}

/** Ends the watcher of a process that has ended regularly. */
export function unwatch(pid) {
  const shell = watchers.get(pid);
  watchers.delete(pid);
  shell?.stdin.end("done\n");
}

/** Makes Miniflare start workerd by a script that records its process id. */
export class WorkerdPids {
  #file;

  constructor() {
    const dir = scratchDir("workerd");
    this.#file = path.join(dir, "pids");
    writeFileSync(this.#file, "");
    this.wrapper = path.join(dir, "workerd");
    const real = require("workerd").default;
    writeFileSync(this.wrapper, `#!/bin/sh\necho $$ >> '${this.#file}'\nexec '${real}' "$@"\n`, {
      mode: 0o755,
    });
  }

  /** Runs an action during which Miniflare starts workerd; watches the started processes. */
  async during(action) {
    const before = process.env.MINIFLARE_WORKERD_PATH;
    process.env.MINIFLARE_WORKERD_PATH = this.wrapper;
    try {
      return await action();
    } finally {
      if (before === undefined) delete process.env.MINIFLARE_WORKERD_PATH;
      else process.env.MINIFLARE_WORKERD_PATH = before;
      this.watchNew();
    }
  }

  /** All ids that were not released; Miniflare restarts workerd after a crash. */
  all() {
    return readFileSync(this.#file, "utf8").split("\n").filter(Boolean).map(Number);
  }

  watchNew() {
    for (const pid of this.all()) if (!watchers.has(pid) && isAlive(pid)) watch(pid);
  }

  /** Removes the ids of ended processes: the system may give the ids to other processes. */
  release() {
    for (const pid of this.all()) unwatch(pid);
    writeFileSync(this.#file, "");
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits for a promise, for a limited time. */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
