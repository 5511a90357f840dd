// A Cloudflare account in memory: its resources, and the checks of its API before each change.

import { createHash, randomBytes, randomUUID } from "node:crypto";

/** An error of the API. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const newId = () => randomBytes(16).toString("hex");

const missingWorker = () => new Refused(404, 10007, "This Worker does not exist on your account.");

/** Maximum of cron triggers of all Workers of an account on the free plan. */
const FREE_CRONS = 5;

export class Account {
  id = newId();
  /** Titles of KV namespaces with their ids. */
  namespaces = new Map();
  /** Buckets with their objects: key and size. */
  buckets = new Map();
  queues = new Map();
  /** Event notification rules, by bucket. */
  rules = new Map();
  /** @type {any} The account's one Secrets Store. */
  store = null;
  scripts = new Map();
  /** Static assets by hash, and the lists of uploads by token. */
  assets = new Map();
  manifests = new Map();

  constructor({ name = "Test account", subdomain = "test-person", plan = "free" } = {}) {
    this.name = name;
    this.subdomain = subdomain;
    this.plan = plan;
  }

  /** The token of an upload of assets: wrangler reads it as a JWT. */
  assetToken(manifest) {
    const parts = [{ alg: "none" }, { session: newId() }, {}];
    const token = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    this.manifests.set(token, manifest);
    return token;
  }

  script(name) {
    const script = this.scripts.get(name);
    if (!script) throw missingWorker();
    return script;
  }

  bucket(name) {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new Refused(404, 10006, "The specified bucket does not exist.");
    return bucket;
  }

  queueById(id) {
    const queue = [...this.queues.values()].find((queue) => queue.id === id);
    if (!queue) throw new Refused(404, 11000, "Queue does not exist.");
    return queue;
  }

  secretsOf(store) {
    if (this.store?.id !== store) throw new Refused(404, 1001, "store_not_found");
    return this.store.secrets;
  }

  createNamespace(title) {
    if (this.namespaces.has(title)) {
      throw new Refused(400, 10014, "a namespace with this account ID and title already exists");
    }
    this.namespaces.set(title, newId());
    return { id: this.namespaces.get(title), title };
  }

  deleteNamespace(id) {
    const title = [...this.namespaces].find(([, other]) => other === id)?.[0];
    if (title === undefined) throw new Refused(404, 10013, "namespace not found");
    this.namespaces.delete(title);
  }

  createBucket(name) {
    if (this.buckets.has(name)) throw new Refused(409, 10004, "The bucket exists, and you own it.");
    this.buckets.set(name, new Map());
    return { name };
  }

  deleteBucket(name) {
    if (this.bucket(name).size > 0) throw new Refused(409, 10008, "The bucket is not empty.");
    this.buckets.delete(name);
  }

  createQueue(name) {
    if (this.queues.has(name)) throw new Refused(409, 11009, `Queue name '${name}' is taken.`);
    this.queues.set(name, { id: newId(), name, consumers: [] });
    return this.queues.get(name);
  }

  addRules(bucket, queueId, rules) {
    this.bucket(bucket);
    const queue = this.queueById(queueId).name;
    const own = this.rules.get(bucket) ?? [];
    for (const { prefix = "", suffix = "", actions } of rules) {
      const same = own.some((rule) => rule.prefix === prefix && rule.suffix === suffix);
      if (same) throw new Refused(409, 11020, "overlapping rule");
      own.push({ queue, prefix, suffix, actions });
    }
    this.rules.set(bucket, own);
  }

  createStore(name) {
    if (this.store) throw new Refused(400, 1003, "maximum_stores_exceeded");
    this.store = { id: newId(), name, secrets: new Map() };
    return { id: this.store.id, name };
  }

  createSecret(store, { name, value, scopes }) {
    const secrets = this.secretsOf(store);
    if (secrets.has(name)) throw new Refused(409, 1002, "secret_name_already_exists");
    secrets.set(name, { id: newId(), value, scopes });
    return { id: secrets.get(name).id, name };
  }

  setSchedules(name, crons) {
    const others = [...this.scripts].filter(([other]) => other !== name);
    const used = others.reduce((sum, [, script]) => sum + script.schedules.length, 0);
    if (this.plan === "free" && used + crons.length > FREE_CRONS) {
      throw new Refused(400, 10072, `You have exceeded the limit of ${FREE_CRONS} cron triggers.`);
    }
    this.script(name).schedules = crons;
  }

  deleteScript(name, force) {
    if (!this.scripts.has(name)) throw new Refused(404, 10090, "workers.api.error.service_not_found");
    const callers = [...this.scripts].filter(([other, script]) => {
      const bindings = script.versions.at(-1)?.metadata.bindings ?? [];
      return other !== name && bindings.some((binding) => binding.service === name);
    });
    if (callers.length > 0 && !force) {
      throw new Refused(400, 10064, `This Worker is used by ${callers[0][0]}.`);
    }
    this.scripts.delete(name);
    for (const queue of this.queues.values()) {
      queue.consumers = queue.consumers.filter(({ script }) => script !== name);
    }
  }

  /** Stores an upload; the first version is live at once, a later one when it is deployed. */
  upload(name, metadata, modules) {
    const old = this.scripts.get(name);
    const classes = this.#check(name, metadata, modules, old);
    const script = old ?? newScript();
    script.classes = classes;
    script.migrationTag = metadata.migrations?.new_tag ?? script.migrationTag;
    const bindings = metadata.bindings.map((binding) => {
      if (binding.type === "inherit") return inherited(script, binding);
      if (binding.type !== "secret_text") return binding;
      script.secrets.set(binding.name, binding.text);
      return { name: binding.name, type: "secret_text" };
    });
    for (const secret of script.secrets.keys()) {
      if (!bindings.some((binding) => binding.name === secret)) {
        bindings.push({ name: secret, type: "secret_text" });
      }
    }
    const number = script.versions.length + 1;
    const version = { id: randomUUID(), number, metadata: { ...metadata, bindings }, modules };
    script.versions.push(version);
    this.scripts.set(name, script);
    return { script, version };
  }

  #check(name, metadata, modules, old) {
    const refuse = (code, message) => {
      throw new Refused(400, code, message);
    };
    const imported = importsOf(modules);
    const lost = [metadata.main_module, ...imported].find((file) => !modules.has(file));
    if (lost) refuse(10021, `Uncaught Error: No such module "${lost}".`);
    if (this.plan === "free" && metadata.limits?.cpu_ms !== undefined) {
      refuse(100328, "CPU limits are not supported for the Free plan.");
    }
    const classes = new Set(old?.classes);
    for (const step of metadata.migrations?.steps ?? []) {
      for (const added of step.new_sqlite_classes ?? []) classes.add(added);
    }
    for (const binding of metadata.bindings) this.#checkBinding(name, binding, classes, old, refuse);
    return classes;
  }

  #checkBinding(name, binding, classes, old, refuse) {
    switch (binding.type) {
      case "kv_namespace":
        if (![...this.namespaces.values()].includes(binding.namespace_id)) {
          refuse(10042, `KV namespace '${binding.namespace_id}' is not valid.`);
        }
        break;
      case "r2_bucket":
        if (!this.buckets.has(binding.bucket_name)) {
          refuse(10085, `R2 bucket '${binding.bucket_name}' not found.`);
        }
        break;
      case "service":
        if (binding.service !== name && !this.scripts.has(binding.service)) {
          refuse(
            10143,
            `Service binding '${binding.name}' references Worker '${binding.service}' which was not found.`,
          );
        }
        break;
      case "secrets_store_secret":
        if (binding.store_id !== this.store?.id || !this.store?.secrets.has(binding.secret_name)) {
          refuse(10182, `Secrets Store binding '${binding.name}' references a secret that was not found.`);
        }
        break;
      case "durable_object_namespace":
        if (!classes.has(binding.class_name)) {
          refuse(10061, `Class '${binding.class_name}' is not configured to implement Durable Objects.`);
        }
        break;
      case "inherit":
        if (!old?.secrets.has(binding.name)) refuse(10057, `inherit binding '${binding.name}' is invalid`);
    }
  }
}

/** The imports of the JavaScript modules from their own folder. */
function importsOf(modules) {
  const found = [];
  for (const { type, bytes } of modules.values()) {
    if (!type.startsWith("application/javascript")) continue;
    for (const [, file] of String(bytes).matchAll(/(?:from|import)\s*\(?\s*"\.\/([^"]+)"/g)) found.push(file);
  }
  return found;
}

function newScript() {
  return {
    tag: newId(),
    versions: [],
    deployments: [],
    secrets: new Map(),
    schedules: [],
    subdomain: { enabled: false, previews_enabled: false },
    settings: {},
  };
}

function inherited(script, { name }) {
  const before = script.versions.at(-1)?.metadata.bindings ?? [];
  return before.find((binding) => binding.name === name) ?? { name, type: "secret_text" };
}

/** The version that serves requests. */
export function liveVersion(script) {
  const id = script.deployments.at(-1)?.version;
  return script.versions.find((version) => version.id === id);
}

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
