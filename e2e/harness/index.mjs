// A running stack for end-to-end tests and for `cargo xtask dev`: the three Workers in one workerd,
// from the real wrangler configs, with the provider emulators beside them.
//
// See README.md in this folder for the options.

import { setTimeout as sleep } from "node:timers/promises";

import { FAR_STORES, instrumentedModules } from "./bindings.mjs";
import * as config from "./config.mjs";
import { startEmulators } from "./emulators.mjs";
import { scratchDir, killNow, WorkerdPids, within } from "./processes.mjs";

export { startEmulators } from "./emulators.mjs";
export { within } from "./processes.mjs";
export { ROOT } from "./config.mjs";

/** The token that the Workers of a test stack accept. */
export const ADMIN_TOKEN = "test-admin-token";

const START_MS = 60_000;
const FETCH_MS = 60_000;
/** After this long without an operation, the work after a response counts as done. */
const QUIET_MS = 250;

/**
 * @typedef {{ store: "kv" | "r2" | "object" | "alarm", name: string, key: string, fromMs: number, ms: number,
 *   refused?: string }} StoreOperation
 * @typedef {{ worker: string, name: string, fromMs: number, ms?: number, status?: number,
 *   operations: StoreOperation[] }} StoreEvent
 */

/** Starts a stack. */
export async function startStack(options = {}) {
  const emulators = options.emulators === false ? null : await startEmulators(options.emulators ?? {});
  try {
    const stack = new Stack(options, emulators);
    await stack.restart();
    return stack;
  } catch (error) {
    await emulators?.stop();
    throw error;
  }
}

class Stack {
  #options;
  #miniflare;
  #pids = new WorkerdPids();
  #logs = [];
  #names = {};
  #ports = {};
  #persist;
  #stores;

  constructor(options, emulators) {
    this.#options = options;
    this.emulators = emulators;
    this.#persist = options.persist ?? scratchDir("state");
    this.#stores = options.stores ? { ...FAR_STORES, ...options.stores } : {};
    this.urls = {};
  }

  /** Starts workerd, also again with the same state and ports. */
  async restart() {
    await this.#dispose();
    const { workers, stored } = this.#plan();
    const miniflareOptions = config.convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      cf: false,
      log: new config.Log(config.LogLevel.ERROR),
      handleStructuredLogs: (entry) => this.#keepLog(entry),
      resourcePersistencePath: this.#persist,
      telemetry: { enabled: false },
      workers,
    });
    await this.#pids.during(async () => {
      this.#miniflare = new config.Miniflare(miniflareOptions);
      await within(START_MS, "start of workerd", this.#miniflare.ready);
    });
    for (const [key, name] of Object.entries(this.#names)) {
      const url = await this.#miniflare.unsafeGetDirectURL(name);
      this.#ports[key] = Number(url.port);
      this.urls[key] = url.origin;
    }
    for (const { worker, name, value } of stored) {
      const secrets = (await this.#miniflare.getSecretsStoreSecretAPI(name, worker))();
      await secrets.create(value);
    }
  }

  /** The options of all Workers: those of the configs with the requested changes, and extra ones. */
  #plan() {
    const { env, vars = {}, secrets = {}, overrides = {}, wrap = {}, configs = {} } = this.#options;
    const provided = this.emulators ? config.emulatorVars(this.emulators.addresses) : {};
    const added = [];
    const stored = [];
    const originals = {};
    const keys = this.#options.workers ?? Object.keys(config.WORKERS);
    const workers = keys.map((key) => {
      /** @type {any} Miniflare's options of one Worker, which the harness changes. */
      const { main, ...options } = config.workerOptions(key, env, configs[key]);
      const values = { ...config.DEFAULT_SECRETS[key], ...secrets[key] };
      stored.push(...config.applyValues(options, { ...provided[key], ...vars[key] }, values));
      for (const [binding, what] of Object.entries(overrides[key] ?? {})) {
        added.push(...config.overrideBinding(options, key, binding, what));
      }
      const classes = Object.values(options.durableObjects).map((object) => object.className);
      Object.assign(options, config.modulesOf(main, this.#modulesBefore(wrap[key], classes)));
      originals[key] = options;
      return this.#withPort(key, options);
    });
    for (const extra of this.#options.extraWorkers ?? []) {
      const { twinOf, ...own } = extra;
      const original = originals[twinOf];
      const options = twinOf ? config.twinOf(original, original.name, extra.name) : own;
      added.push(this.#withPort(extra.name, options));
    }
    return { workers: [...workers, ...added], stored };
  }

  /** The modules in front of a built Worker. */
  #modulesBefore(wrap, classes) {
    const { count, stores } = this.#options;
    if (wrap !== undefined) return { "test-entry.js": wrap };
    return count || stores ? instrumentedModules({ classes, stores: this.#stores }) : {};
  }

  #withPort(key, options) {
    this.#names[key] = options.name;
    const port = this.#ports[key] ?? this.#options.ports?.[key] ?? 0;
    return { ...options, unsafeDirectSockets: [{ host: "127.0.0.1", port }] };
  }

  #keepLog({ timestamp, level, message }) {
    const entry = { time_ms: timestamp, level, text: message };
    try {
      const json = JSON.parse(message);
      if (json !== null && typeof json === "object") entry.json = json;
    } catch {
      // The line is not JSON, so it is not one of our log lines.
    }
    this.#logs.push(entry);
    this.#options.onLog?.(entry);
  }

  /** All log entries so far: { time_ms, level, text, json? }. */
  logs() {
    return [...this.#logs];
  }

  /** One Worker: isbndb, proxy, warmer, or the name of an extra one. */
  worker(key) {
    const name = this.#names[key];
    if (name === undefined) throw new Error(`no Worker ${key} in this stack`);
    return {
      name,
      fetch: (path, init = {}) =>
        fetch(new URL(path, this.urls[key]), {
          redirect: "manual",
          signal: AbortSignal.timeout(init.timeoutMs ?? FETCH_MS),
          ...init,
        }),
      /** Runs the cron handler and waits for its end. */
      scheduled: async (cron, scheduledTime = new Date()) => {
        const worker = await this.#miniflare.getWorker(name);
        return within(FETCH_MS * 5, `cron ${cron}`, worker.scheduled({ cron, scheduledTime }));
      },
      /** The billed operations so far; needs the option `count` or `stores`. */
      usage: async () => (await this.#bindings(key)).counts,
    };
  }

  /** @returns {Promise<any>} */
  async #bindings(key, query = "", init = {}) {
    const response = await fetch(new URL(`/__bindings${query}`, this.urls[key]), init);
    return response.status === 204 ? undefined : response.json();
  }

  /** Changes the stores, for example `{ r2Ms: 200 }` or `{ spent: ["kvWrites"] }`; needs the option `stores`. */
  async stores(changes) {
    Object.assign(this.#stores, changes);
    const init = { method: "POST", body: JSON.stringify(changes) };
    await Promise.all(Object.keys(this.urls).map((key) => this.#bindings(key, "", init)));
  }

  /**
   * Events of all Workers since the last call, each with its operations on stores, once all of them are done. Needs
   * the option `count` or `stores`.
   *
   * @returns {Promise<StoreEvent[]>}
   */
  async operations() {
    const keys = Object.keys(this.urls);
    let before = NaN;
    for (;;) {
      const states = await Promise.all(keys.map((key) => this.#bindings(key)));
      const now = states.reduce((sum, state) => sum + state.operations, 0);
      if (now === before && states.every((state) => state.running === 0)) break;
      before = now;
      await sleep(QUIET_MS);
    }
    const taken = await Promise.all(keys.map((key) => this.#bindings(key, "?take")));
    const events = keys.flatMap((worker, at) => taken[at].map((event) => ({ worker, ...event })));
    return events.sort((a, b) => a.fromMs - b.fromMs);
  }

  /** The real KV namespace behind a binding. */
  kv(key, binding) {
    return this.#miniflare.getKVNamespace(binding, this.#names[key]);
  }

  /** The real R2 bucket behind a binding. */
  r2(key, binding) {
    return this.#miniflare.getR2Bucket(binding, this.#names[key]);
  }

  /** Waits for a Durable Object's running work, then drops it from memory. */
  evict(key, className, objectName) {
    const options = { name: objectName };
    return this.#miniflare.unsafeEvictDurableObject(this.#names[key], className, options);
  }

  workerdPids() {
    return this.#pids.all();
  }

  /** Ids of workerd and the emulators. */
  processIds() {
    return [...this.workerdPids(), ...(this.emulators ? [this.emulators.processId] : [])];
  }

  /** SIGKILL: writes that are not stored are lost. `restart()` starts the stack again. */
  async kill() {
    for (const pid of this.#pids.all()) killNow(pid);
    await this.#dispose();
  }

  async #dispose() {
    const miniflare = this.#miniflare;
    this.#miniflare = undefined;
    if (miniflare) {
      await within(15_000, "end of workerd", miniflare.dispose()).catch(() => {});
      for (const pid of this.#pids.all()) killNow(pid);
      this.#pids.release();
    }
  }

  /** Ends everything that this stack started. */
  async stop() {
    await this.#dispose();
    await this.emulators?.stop();
  }
}
