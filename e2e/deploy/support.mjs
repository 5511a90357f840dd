// Runs `cargo xtask deploy` and its siblings against an emulated account.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

import { ROOT } from "../harness/config.mjs";
import { scratchDir, watch, unwatch } from "../harness/processes.mjs";

/** Secrets that the user gives in the environment. */
export const KEYS = { ISBNDB_API_KEY: "isbndb-key", GOOGLE_BOOKS_API_KEY: "google-key-1" };

/** The command line of one user: their account, their answers. */
export class Person {
  #home = scratchDir("deploy");

  constructor(cloudflare, env = {}) {
    this.cloudflare = cloudflare;
    this.env = env;
  }

  deploy(...args) {
    const fixed = ["--yes", "--no-build", "--addresses", this.cloudflare.addresses];
    return this.xtask("deploy", ...fixed, ...args);
  }

  /** Runs a command to its end; returns its exit code and output. */
  async xtask(...args) {
    const program = process.env.XTASK_BIN ?? path.join(ROOT, "target/debug/xtask");
    if (!existsSync(program)) throw new Error(`${program} is missing: run \`cargo build -p xtask\` first`);
    const env = { ...process.env, ...this.cloudflare.env, ...this.env, DEPLOY_HOME: this.#home };
    const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    watch(child.pid);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
    const code = await new Promise((resolve) => child.once("close", resolve));
    unwatch(child.pid);
    return { code, text };
  }
}
