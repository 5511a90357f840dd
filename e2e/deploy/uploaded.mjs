// Runs the uploaded Workers: modules, bindings and secrets come only from the uploads to the emulated
// account. The next request after a deployment restarts them.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "../harness/config.mjs";
import { scratchDir, WorkerdPids, within, killNow } from "../harness/processes.mjs";
import { liveVersion } from "./account.mjs";

const MODULE_TYPES = { "application/javascript+module": "ESModule", "application/wasm": "CompiledWasm" };

export class Uploaded {
  #account;
  #vars;
  #tails;
  #miniflare;
  #pids = new WorkerdPids();
  #running = "";
  #starting = Promise.resolve();
  #persist = scratchDir("uploaded");

  /** `vars` are added to the uploaded ones: the base URLs of the emulated providers. */
  constructor(account, vars, tails) {
    this.#tails = tails;
    this.#account = account;
    this.#vars = vars;
  }

  /** Answers `/NAME/path` as at the Worker's workers.dev address. */
  async answer(request, response) {
    const [, name, rest] = /^\/([^/]+)(.*)$/.exec(request.url) ?? [];
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (!this.#account.scripts.get(name)?.subdomain.enabled) {
      response.writeHead(404).end("There is nothing here yet");
      return;
    }
    try {
      await (this.#starting = this.#starting.catch(() => {}).then(() => this.#start()));
      const { origin } = await this.#miniflare.unsafeGetDirectURL(name);
      const { method, headers } = request;
      const { host: _, connection: __, ...kept } = headers;
      const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
      const answer = await fetch(origin + rest, { method, headers: kept, body, redirect: "manual" });
      this.#tails.announce(name, request, answer.status);
      const { "content-encoding": ___, "content-length": ____, ...own } = Object.fromEntries(answer.headers);
      response.writeHead(answer.status, own).end(Buffer.from(await answer.arrayBuffer()));
    } catch (error) {
      response.writeHead(502).end(String(error));
    }
  }

  async #start() {
    const live = [...this.#account.scripts].map(([name, script]) => [name, liveVersion(script)?.id]);
    const wanted = JSON.stringify(live);
    if (wanted === this.#running) return;
    await this.#dispose();
    const stored = [];
    const names = live.map(([name]) => name);
    const workers = names.map((name) => this.#worker(name, names, stored));
    const options = convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: 0,
      cf: false,
      log: new Log(LogLevel.ERROR),
      handleStructuredLogs: () => {},
      resourcePersistencePath: this.#persist,
      telemetry: { enabled: false },
      workers,
    });
    await this.#pids.during(async () => {
      this.#miniflare = new Miniflare(options);
      await within(60_000, "start of the uploaded Workers", this.#miniflare.ready);
    });
    for (const { worker, name, value } of stored) {
      const secret = (await this.#miniflare.getSecretsStoreSecretAPI(name, worker))();
      await secret.create(value);
    }
    this.#running = wanted;
  }

  /** The Miniflare options of a Worker's live version. */
  #worker(name, names, stored) {
    const script = this.#account.script(name);
    const { id, metadata, modules } = liveVersion(script);
    const root = path.join(this.#persist, name);
    const main = [...modules].sort(([file]) => (file === metadata.main_module ? -1 : 1));
    const worker = {
      name,
      compatibilityDate: metadata.compatibility_date,
      compatibilityFlags: metadata.compatibility_flags,
      modulesRoot: root,
      modules: main.map(([file, { type, bytes }]) => {
        const contents = MODULE_TYPES[type] === "ESModule" ? String(bytes) : bytes;
        return { type: MODULE_TYPES[type], path: path.join(root, file), contents };
      }),
      bindings: { ...this.#vars[name] },
      kvNamespaces: {},
      r2Buckets: {},
      durableObjects: {},
      serviceBindings: {},
      ratelimits: {},
      secretsStoreSecrets: {},
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    };
    if (metadata.assets) worker.assets = this.#assets(name, metadata);
    for (const binding of metadata.bindings) this.#bind(worker, binding, script, id, metadata, names, stored);
    return worker;
  }

  /** The static assets of an upload, written as files again. */
  #assets(name, { assets, compatibility_date, compatibility_flags }) {
    const directory = path.join(this.#persist, `${name}-assets`);
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    for (const [file, { hash }] of Object.entries(this.#account.manifests.get(assets.jwt))) {
      writeFileSync(path.join(directory, file), this.#account.assets.get(hash));
    }
    if (assets.config?._headers) writeFileSync(path.join(directory, "_headers"), assets.config._headers);
    const assetConfig = { compatibility_date, compatibility_flags };
    return { directory, routerConfig: { has_user_worker: true }, assetConfig };
  }

  #bind(worker, binding, script, id, metadata, names, stored) {
    const { name, type } = binding;
    switch (type) {
      case "plain_text":
        worker.bindings[name] ??= binding.text;
        break;
      case "secret_text":
        worker.bindings[name] = script.secrets.get(name);
        break;
      case "kv_namespace":
        worker.kvNamespaces[name] = binding.namespace_id;
        break;
      case "r2_bucket":
        worker.r2Buckets[name] = binding.bucket_name;
        break;
      case "durable_object_namespace":
        worker.durableObjects[name] = { className: binding.class_name, useSQLite: true };
        break;
      case "service":
        if (names.includes(binding.service)) {
          worker.serviceBindings[name] = { name: binding.service, props: binding.props };
        }
        break;
      case "ratelimit":
        worker.ratelimits[name] = { namespace_id: binding.namespace_id, simple: binding.simple };
        break;
      case "secrets_store_secret": {
        worker.secretsStoreSecrets[name] = { store_id: binding.store_id, secret_name: binding.secret_name };
        const value = this.#account.store?.secrets.get(binding.secret_name)?.value;
        if (value !== undefined) stored.push({ worker: worker.name, name, value });
        break;
      }
      case "version_metadata":
        // Miniflare would invent an id.
        worker.bindings[name] = { id, tag: metadata.annotations?.["workers/tag"] ?? "", timestamp: "" };
        break;
      default:
        throw new Error(`${worker.name}: no local form of the binding ${name} (${type})`);
    }
  }

  async #dispose() {
    const miniflare = this.#miniflare;
    this.#miniflare = undefined;
    this.#running = "";
    if (!miniflare) return;
    await within(15_000, "end of workerd", miniflare.dispose()).catch(() => {});
    for (const pid of this.#pids.all()) killNow(pid);
    this.#pids.release();
  }

  /** Ends the Workers. */
  async stop() {
    await this.#starting.catch(() => {});
    await this.#dispose();
  }
}
