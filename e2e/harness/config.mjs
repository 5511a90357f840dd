// Makes Miniflare options from the real wrangler configs, with the changes of a test.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createRequire } from "node:module";

import { scratchDir } from "./processes.mjs";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

// wrangler's own Miniflare: another copy may be in node_modules.
const fromWrangler = createRequire(createRequire(path.join(ROOT, "x.js")).resolve("wrangler"));
const miniflareUrl = pathToFileURL(fromWrangler.resolve("miniflare"));

process.env.WRANGLER_SEND_METRICS ??= "false";
export const { Miniflare, convertV4MiniflareOptions, Log, LogLevel } = await import(miniflareUrl.href);
const { unstable_getMiniflareWorkerOptions } = await import("wrangler");

/** Short names for tests, with the crates' folders. */
export const WORKERS = { isbndb: "isbndb-worker", proxy: "books-api-proxy", warmer: "cache-warmer" };

/** The config of the gateway, which only some tests start. */
const GATEWAY_CONFIG = "examples/gateway/wrangler.toml";

/** The default secrets of a stack. */
export const DEFAULT_SECRETS = {
  isbndb: { ISBNDB_API_KEY: "isbndb-key" },
  proxy: {
    GOOGLE_BOOKS_API_KEY: "google-key-1",
    GOOGLE_BOOKS_IOSKEY: "google-key-2",
    ADMIN_TOKEN: "test-admin-token",
  },
  warmer: { ADMIN_TOKEN: "test-admin-token" },
};

/** Vars that point the provider clients at the emulators. */
export function emulatorVars(addresses) {
  return {
    isbndb: { ISBNDB_BASE_URL: addresses.isbndb },
    proxy: {
      // The proxy adds the path of the API itself.
      GOOGLE_BOOKS_BASE_URL: addresses.googleBooks.replace(/\/books\/v1\/?$/, ""),
      OPEN_LIBRARY_BASE_URL: addresses.openLibrary,
      OPEN_LIBRARY_CONTACT: "test@example.com",
    },
    warmer: {},
  };
}

/** One Worker's Miniflare (version 4 shape) options from its wrangler config, perhaps changed. */
export function workerOptions(key, env, edit) {
  const original = path.join(
    ROOT,
    key === "gateway" ? GATEWAY_CONFIG : `wrangler-configs/${WORKERS[key]}.toml`,
  );
  const configPath = edit ? edited(original, edit) : original;
  // A developer's own .dev.vars beside the configs must not change the tests.
  /** @type {{ workerOptions: any, main?: string }} */
  const { workerOptions: options, main } = unstable_getMiniflareWorkerOptions(configPath, env);
  const config = fileVars(configPath);
  for (const name of Object.keys(options.bindings ?? {})) {
    if (!config.has(name)) delete options.bindings[name];
  }
  delete options.modulesRules;
  if (!main || !existsSync(main)) {
    throw new Error(
      `${path.relative(ROOT, main ?? configPath)} is missing: run \`cargo xtask build${key === "gateway" ? " gateway" : ""}\` first`,
    );
  }
  return { ...options, name: options.name ?? deployedName(configPath, env), main };
}

/** A copy of a config with another text; relative paths keep their meaning. */
function edited(configPath, edit) {
  const text = edit(readFileSync(configPath, "utf8"));
  const copy = path.join(scratchDir("config"), path.basename(configPath));
  writeFileSync(copy, text.replaceAll('"../', `"${ROOT}/`));
  return copy;
}

/** Names at a line's start in the config, which tell its vars from those of .dev.vars. */
function fileVars(configPath) {
  const text = readFileSync(configPath, "utf8");
  return new Set([...text.matchAll(/^([A-Z][A-Z0-9_]*) *=/gm)].map((match) => match[1]));
}

function deployedName(configPath, env) {
  const text = readFileSync(configPath, "utf8");
  const part = env ? text.slice(text.indexOf(`[env.${env}]`)) : text;
  return /^name *= *"([^"]+)"/m.exec(part)?.[1];
}

/** The modules of a built Worker, behind the modules of `before`, of which the first is the entry. */
export function modulesOf(main, before) {
  const dir = path.dirname(main);
  const module = ([name, contents]) => ({ type: "ESModule", path: path.join(dir, name), contents });
  return {
    modulesRoot: dir,
    modules: [
      ...Object.entries(before).map(module),
      { type: "ESModule", path: main },
      ...entrypointsOf(dir),
      { type: "CompiledWasm", path: path.join(dir, "index_bg.wasm") },
    ],
  };
}

/** The module of named entrypoints beside a built Worker, if there is one. */
function entrypointsOf(dir) {
  const file = path.join(dir, "entrypoints.js");
  return existsSync(file) ? [{ type: "ESModule", path: file }] : [];
}

/** Sets vars and secrets; null removes one, { store } puts it into the Secrets Store. */
export function applyValues(options, vars = {}, secrets = {}) {
  const stored = [];
  for (const [name, value] of Object.entries({ ...vars, ...secrets })) {
    if (value !== null && typeof value === "object" && "store" in value) {
      if (!options.secretsStoreSecrets[name]) {
        throw new Error(`${options.name} has no Secrets Store binding ${name}`);
      }
      stored.push({ worker: options.name, name, value: value.store });
      continue;
    }
    delete options.secretsStoreSecrets[name];
    delete options.bindings[name];
    if (value !== null && value !== undefined) options.bindings[name] = String(value);
  }
  return stored;
}

const BINDING_KINDS = [
  "serviceBindings",
  "kvNamespaces",
  "r2Buckets",
  "durableObjects",
  "ratelimits",
  "secretsStoreSecrets",
  "bindings",
];

/** Removes a binding of any kind. */
export function removeBinding(options, name) {
  for (const kind of BINDING_KINDS) if (options[kind]) delete options[kind][name];
}

const READY_MADE = {
  fail: `export default { fetch: () => new Response("boom", { status: 500 }) }`,
  hang: `export default { fetch: () => new Promise((done) => setTimeout(done, 3600000)) }`,
  garbage: `export default { fetch: () => new Response("<html>not json", {
    headers: { "content-type": "application/json" } }) }`,
  reject: `export default { fetch() { throw new Error("thrown by the callee") } }`,
};

/**
 * Replaces a binding by a small JavaScript Worker: "fail", "hang", "garbage", "reject" or a module
 * text; null removes the binding. Returns the Worker to add, if one is needed.
 */
export function overrideBinding(options, key, name, what) {
  const before = options.serviceBindings[name];
  removeBinding(options, name);
  if (what === null) return [];
  const worker = `override-${key}-${name}`.toLowerCase();
  options.serviceBindings[name] = before?.props ? { name: worker, props: before.props } : worker;
  const script = READY_MADE[what] ?? what;
  return [{ name: worker, modules: true, script, compatibilityDate: options.compatibilityDate }];
}

/** A second name for a Worker: another isolate that reaches the same objects and storage. */
export function twinOf(options, original, name) {
  const durableObjects = Object.fromEntries(
    Object.entries(options.durableObjects).map(([binding, object]) => [
      binding,
      { ...object, scriptName: object.scriptName ?? original },
    ]),
  );
  const { cronTriggers: _once, ...rest } = options;
  return { ...rest, name, durableObjects };
}
