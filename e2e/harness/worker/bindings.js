// Runs in workerd, between a built Worker and its bindings. Counts the billed operations, records each
// operation on a store, and gives the stores the latencies and limits of production.
//
// The proxies keep `constructor`, by which the worker crate recognises a binding.

/**
 * Latencies and limits of the stores; without a value a store is as in Miniflare. `spent`
 * names the day's allowances that are used up.
 *
 * @type {{ kvMs?: number, r2Ms?: number, objectMs?: number, kvCachedMs?: number, kvCacheTtlMs?: number,
 *   writeIntervalMs?: number, connections?: number, spent?: string[], alarmsLost?: boolean }}
 */
let stores = {};

/** Changes the settings that are named and keeps the others. */
export function setStores(changes) {
  stores = { ...stores, ...changes };
}

/** The platform's error for each allowance of a day. */
const SPENT = {
  kvReads: "KV get() limit exceeded for the day.",
  kvWrites: "KV put() limit exceeded for the day.",
  kvDeletes: "KV delete() limit exceeded for the day.",
  r2Writes: "put: We encountered an internal error. Please try again. (10001)",
  rowsRead: "Exceeded allowed rows read in Durable Objects free tier.",
  rowsWritten: "Exceeded allowed rows written in Durable Objects free tier.",
  objectRequests: "Exceeded allowed volume of requests in Durable Objects free tier.",
};
const KV_TOO_FAST = "KV PUT failed: 429 Too Many Requests";
const R2_TOO_FAST = "put: Reduce your concurrent request rate for the same object. (10058)";

function refuseIfSpent(allowance) {
  if (stores.spent?.includes(allowance)) throw new Error(SPENT[allowance]);
}

const sleep = (ms) => (ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined);

/** The documented rate of KV and of R2: one write of a key in an interval. */
class WriteRate {
  #writtenAt = new Map();

  constructor(message) {
    this.message = message;
  }

  check(key) {
    const now = Date.now();
    const writtenAt = this.#writtenAt.get(key) ?? -Infinity;
    if (stores.writeIntervalMs && now - writtenAt < stores.writeIntervalMs) throw new Error(this.message);
    this.#writtenAt.set(key, now);
  }
}
const kvRate = new WriteRate(KV_TOO_FAST);
const r2Rate = new WriteRate(R2_TOO_FAST);

/**
 * Reads of KV as a location caches them, absence included. The Worker and its objects are two
 * locations: a write is seen at once where it was made, and elsewhere when the cached copy expires.
 */
class Location {
  #reads = new Map();

  async read(key, form, fetch) {
    const name = `${key}\n${form}`;
    const copy = this.#reads.get(name);
    if (copy && Date.now() - copy.at < (stores.kvCacheTtlMs ?? 0)) {
      await sleep(stores.kvCachedMs);
      return copied(copy.value);
    }
    await sleep(stores.kvMs);
    const value = await fetch();
    this.#reads.set(name, { key, at: Date.now(), value });
    return copied(value);
  }

  wrote(key) {
    for (const [name, copy] of this.#reads) if (copy.key === key) this.#reads.delete(name);
  }
}
const locations = { worker: new Location(), objects: new Location() };

/** A bytes value is copied, since its reader may transfer the buffer. */
function copied(result) {
  const copy = (value) => (value instanceof ArrayBuffer ? value.slice(0) : value);
  return result && typeof result === "object" && "value" in result
    ? { ...result, value: copy(result.value) }
    : copy(result);
}

// Counts by the names of the platform's prices. `objectMs` is the time in which objects are active, of
// which each second is billed as an eighth of a GB-s.
const counts = {};
const count = (name, n = 1) => (counts[name] = (counts[name] ?? 0) + n);

/** Events with their operations, the oldest first. */
let events = [];
const MAX_EVENTS = 5_000;
let running = 0;

function begin(name) {
  const event = {
    name,
    fromMs: Date.now(),
    ms: undefined,
    status: undefined,
    operations: [],
    open: 0,
    waiting: [],
  };
  events.push(event);
  if (events.length > MAX_EVENTS) events.shift();
  return event;
}

/** Runs the handler of an event. Work after the response counts to the event too. */
async function during(event, handler) {
  running += 1;
  try {
    const result = await handler();
    event.status = result?.status;
    return result;
  } finally {
    running -= 1;
    event.ms = Date.now() - event.fromMs;
  }
}

/** Runs one operation of a store and records it. It waits while the invocation has no free connection. */
async function operate(event, store, name, key, work) {
  /** @type {any} */
  const operation = { store, name, key, fromMs: Date.now(), ms: undefined, refused: undefined };
  event.operations.push(operation);
  running += 1;
  try {
    while (event.open >= (stores.connections ?? Infinity)) {
      await new Promise((resolve) => event.waiting.push(resolve));
    }
    event.open += 1;
    operation.fromMs = Date.now();
    return await work().finally(() => {
      event.open -= 1;
      event.waiting.shift()?.();
    });
  } catch (/** @type {any} */ error) {
    operation.refused = String(error?.message ?? error);
    throw error;
  } finally {
    running -= 1;
    operation.ms = Date.now() - operation.fromMs;
  }
}

/**
 * The time in which an object is active: the union of its requests, its alarms and its background work. Timers
 * and calls run inside these.
 */
class ActiveTime {
  #open = 0;
  #since = 0;

  async during(work) {
    if (this.#open === 0) this.#since = Date.now();
    this.#open += 1;
    try {
      return await work();
    } finally {
      this.#open -= 1;
      if (this.#open === 0) count("objectMs", Date.now() - this.#since);
    }
  }
}

/** An object in which some methods are replaced. */
function replacing(target, methods) {
  return new Proxy(target, {
    get(object, key) {
      const value = Reflect.get(object, key, object);
      if (typeof value !== "function" || key === "constructor") return methods[key]?.of?.(value) ?? value;
      const method = methods[key];
      return (...args) =>
        method ? method(() => value.apply(object, args), args) : value.apply(object, args);
    },
  });
}

function kvNamespace(real, eventNow, location) {
  const read = (form) => (call, args) => {
    const [key, options] = args;
    const keys = [key].flat();
    count("kvReads", keys.length);
    return operate(eventNow(), "kv", "get", keys.join(","), async () => {
      refuseIfSpent("kvReads");
      if (!Array.isArray(key)) return location.read(key, `${form} ${JSON.stringify(options)}`, call);
      await sleep(stores.kvMs);
      return call();
    });
  };
  const write = (name, allowance) => (call, args) => {
    const [key] = args;
    count(allowance);
    return operate(eventNow(), "kv", name, key, async () => {
      await sleep(stores.kvMs);
      refuseIfSpent(allowance);
      if (name === "put") kvRate.check(key);
      const result = await call();
      location.wrote(key);
      return result;
    });
  };
  return replacing(real, {
    get: read("get"),
    getWithMetadata: read("getWithMetadata"),
    put: write("put", "kvWrites"),
    delete: write("delete", "kvDeletes"),
    list: (call, [options]) => {
      count("kvLists");
      return operate(eventNow(), "kv", "list", options?.prefix ?? "", async () => {
        await sleep(stores.kvMs);
        return call();
      });
    },
  });
}

function r2Bucket(real, eventNow) {
  const operation = (name, price) => (call, args) => {
    const keys = [args[0]].flat();
    count(price, name === "delete" ? keys.length : 1);
    const key = name === "list" ? (args[0]?.prefix ?? "") : keys.join(",");
    return operate(eventNow(), "r2", name, key, async () => {
      await sleep(stores.r2Ms);
      if (name === "put") {
        refuseIfSpent("r2Writes");
        r2Rate.check(key);
      }
      return call();
    });
  };
  return replacing(real, {
    get: operation("get", "r2ClassB"),
    head: operation("head", "r2ClassB"),
    put: operation("put", "r2ClassA"),
    list: operation("list", "r2ClassA"),
    delete: operation("delete", "r2Deletes"),
    createMultipartUpload: operation("createMultipartUpload", "r2ClassA"),
  });
}

function objectNamespace(real, binding, eventNow) {
  const stub = (real, name) =>
    replacing(real, {
      fetch: (send) => {
        count("objectRequests");
        return operate(eventNow(), "object", "fetch", `${binding} ${name}`, async () => {
          await sleep(stores.objectMs);
          refuseIfSpent("objectRequests");
          return send();
        });
      },
    });
  return replacing(real, {
    get: (call, [id]) => stub(call(), id.name ?? String(id)),
    getByName: (call, [name]) => stub(call(), name),
  });
}

function instrumentedEnv(env, eventNow, location) {
  const wrapped = {};
  for (const [name, binding] of Object.entries(env)) {
    const kind = binding?.constructor?.name;
    if (kind === "KvNamespace") wrapped[name] = kvNamespace(binding, eventNow, location);
    else if (kind === "R2Bucket") wrapped[name] = r2Bucket(binding, eventNow);
    else if (kind === "DurableObjectNamespace") wrapped[name] = objectNamespace(binding, name, eventNow);
    else wrapped[name] = binding;
  }
  return wrapped;
}

// The counters of a cursor change while it is read: they are added when the reading has ended.
const cursors = [];
function takeOver(cursor) {
  count("rowsRead", cursor.rowsRead);
  count("rowsWritten", cursor.rowsWritten);
}
function watched(cursor) {
  cursors.push(cursor);
  if (cursors.length > 256) takeOver(cursors.shift());
  return cursor;
}

const IS_WRITE = /^\s*(insert|update|delete|replace)\b/i;

/** An object's own storage: it may refuse, but has no latency. */
function objectState(state, eventNow, activeTime) {
  const keys = (first) => (Array.isArray(first) ? first.length : 1);
  const rows = (allowance) => (call, args) => {
    const [first] = args;
    const isMap =
      first !== null && typeof first === "object" && !Array.isArray(first) && !(first instanceof Date);
    count(allowance, isMap ? Object.keys(first).length : keys(first));
    refuseIfSpent(allowance);
    return call();
  };
  const exec = (call, [statement]) => {
    refuseIfSpent(IS_WRITE.test(statement) ? "rowsWritten" : "rowsRead");
    return watched(call());
  };
  const setAlarm = (call, args) => {
    eventNow().operations.push({ store: "alarm", name: "set", key: "", fromMs: Date.now(), ms: 0 });
    return rows("rowsWritten")(stores.alarmsLost ? async () => {} : call, args);
  };
  const of = (methods) => ({ of: (real) => replacing(real, methods) });
  return replacing(state, {
    waitUntil: (call, [work]) => {
      activeTime.during(() => work).catch(() => {});
      return call();
    },
    storage: of({
      sql: of({ exec }),
      put: rows("rowsWritten"),
      delete: rows("rowsWritten"),
      setAlarm,
      get: rows("rowsRead"),
      getAlarm: rows("rowsRead"),
    }),
  });
}

/** `/__bindings`: GET returns the counts, with `?take` also removes the events; POST changes the settings. */
async function control(request) {
  if (request.method === "POST") {
    setStores(await request.json());
    return new Response(null, { status: 204 });
  }
  while (cursors.length) takeOver(cursors.shift());
  const operations = events.reduce((sum, event) => sum + event.operations.length, 0);
  if (!new URL(request.url).searchParams.has("take")) return Response.json({ counts, running, operations });
  const taken = events;
  events = [];
  return Response.json(taken.map(({ open: _open, waiting: _waiting, ...event }) => event));
}

/** The handlers of an instance, each run as an event. */
function handlers(instance, onCall) {
  return new Proxy(instance, {
    get(object, key) {
      const value = Reflect.get(object, key, object);
      if (typeof value !== "function" || key === "constructor") return value;
      return (...args) => onCall(key, args, () => value.apply(object, args));
    },
  });
}

const described = (request) => `${request.method} ${new URL(request.url).pathname}`;

/** The default export of a built Worker, with one instance for each event. */
export function instrumentedWorker(Built) {
  const instance = (Target, [context, env], newTarget) => {
    let event;
    const eventNow = () => (event ??= begin("?"));
    const bound = instrumentedEnv(env, eventNow, locations.worker);
    const isFromBinding = Object.keys(context.props ?? {}).length > 0;
    return handlers(Reflect.construct(Target, [context, bound], newTarget), (handler, args, call) => {
      const [first] = args;
      if (handler === "fetch" && new URL(first.url).pathname === "/__bindings") return control(first);
      if (handler !== "fetch" && handler !== "scheduled") return call();
      if (!isFromBinding) count("workerRequests");
      event = begin(handler === "fetch" ? described(first) : `cron ${first.cron}`);
      return during(event, call);
    });
  };
  return new Proxy(Built, { construct: instance });
}

/** A built Durable Object class. An operation counts to the newest event of its object. */
export function instrumentedObject(Built, className) {
  return class {
    constructor(state, env) {
      let event;
      const eventNow = () => (event ??= begin(className));
      const activeTime = new ActiveTime();
      const bound = instrumentedEnv(env, eventNow, locations.objects);
      const object = new Built(objectState(state, eventNow, activeTime), bound);
      return handlers(object, (handler, args, call) => {
        if (handler === "alarm") count("objectRequests");
        else if (handler !== "fetch") return call();
        event = begin(`${className} ${handler === "alarm" ? "alarm" : described(args[0])}`);
        return activeTime.during(() => during(event, call));
      });
    }
  };
}
