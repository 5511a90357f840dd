// Counts what the platform would bill, where the platform would: at the bindings.
//
// The entry made here stands before a built Worker and hands it the same bindings behind proxies
// that count. Proxies keep `constructor`, by which the worker crate recognises a binding. What is
// counted: KV reads, writes, deletes and lists; R2 class A and B operations; requests to Durable
// Objects (calls of a stub, and alarms); rows read and written, as the SQL cursors report them
// (one row a key for the key-value calls and setAlarm); events that reach the Worker from outside.

const COUNTING = String.raw`
const counts = {};
const add = (name, n = 1) => (counts[name] = (counts[name] ?? 0) + n);

const KV = { get: "kvReads", getWithMetadata: "kvReads", put: "kvWrites", delete: "kvDeletes",
  list: "kvLists" };
const R2 = { put: "r2ClassA", list: "r2ClassA", createMultipartUpload: "r2ClassA",
  get: "r2ClassB", head: "r2ClassB", delete: "r2Deletes" };
const STORAGE = { put: "rowsWritten", delete: "rowsWritten", setAlarm: "rowsWritten",
  get: "rowsRead", getAlarm: "rowsRead" };

function counting(target, names, wrapResult = {}) {
  return new Proxy(target, {
    get(object, key) {
      const value = Reflect.get(object, key, object);
      if (key === "constructor" || typeof value !== "function") {
        return wrapResult[key] && value ? wrapResult[key](value) : value;
      }
      return (...args) => {
        if (names[key]) add(names[key], unitsOf(key, args));
        const result = value.apply(object, args);
        return wrapResult[key] ? wrapResult[key](result) : result;
      };
    },
  });
}

function unitsOf(key, args) {
  const [first] = args;
  if (Array.isArray(first)) return first.length;
  if (key === "put" && first && typeof first === "object") return Object.keys(first).length;
  return 1;
}

const stub = (real) => counting(real, { fetch: "objectRequests" });

function wrapEnv(env) {
  const wrapped = {};
  for (const [name, binding] of Object.entries(env)) {
    const kind = binding?.constructor?.name;
    if (kind === "KvNamespace") wrapped[name] = counting(binding, KV);
    else if (kind === "R2Bucket") wrapped[name] = counting(binding, R2);
    else if (kind === "DurableObjectNamespace") {
      wrapped[name] = counting(binding, {}, { get: stub, getByName: stub });
    } else wrapped[name] = binding;
  }
  return wrapped;
}

const cursors = [];
function settle(cursor) {
  add("rowsRead", cursor.rowsRead);
  add("rowsWritten", cursor.rowsWritten);
}
function watchCursor(cursor) {
  cursors.push(cursor);
  // A cursor's numbers grow while it is read; by then it surely was.
  if (cursors.length > 256) settle(cursors.shift());
  return cursor;
}

const wrapSql = (sql) => counting(sql, {}, { exec: watchCursor });
const wrapStorage = (storage) => counting(storage, STORAGE, { sql: wrapSql });
const wrapState = (state) => counting(state, {}, { storage: wrapStorage });

function usage() {
  while (cursors.length) settle(cursors.shift());
  return Response.json(counts);
}

class Counted extends built.default {
  constructor(ctx, env) {
    super(ctx, wrapEnv(env));
  }
}

function outside(handler, request) {
  if (handler === "fetch") {
    if (new URL(request.url).pathname === "/__usage") return usage();
    add("workerRequests");
  } else if (handler === "scheduled") add("workerRequests");
  return undefined;
}

export default new Proxy(Counted, {
  construct(target, args, newTarget) {
    const instance = Reflect.construct(target, args, newTarget);
    const fromBinding = Object.keys(args[0].props ?? {}).length > 0;
    return new Proxy(instance, {
      get(object, key) {
        const value = Reflect.get(object, key, object);
        if (typeof value !== "function" || key === "constructor") return value;
        return (...rest) => {
          const answer = fromBinding ? undefined : outside(key, rest[0]);
          return answer ?? value.apply(object, rest);
        };
      },
    });
  },
});
`;

const OBJECT = (name) => `
export class ${name} {
  constructor(state, env) {
    const object = new built.${name}(wrapState(state), wrapEnv(env));
    return new Proxy(object, {
      get(target, key) {
        const value = Reflect.get(target, key, target);
        if (typeof value !== "function" || key === "constructor") return value;
        return (...args) => {
          if (key === "alarm") add("objectRequests");
          return value.apply(target, args);
        };
      },
    });
  }
}
`;

/** An entry for a built Worker with these Durable Object classes. `GET /__usage` tells the counts. */
export function countingEntry(classes) {
  const head = 'import * as built from "./index.js";\n';
  return head + COUNTING + classes.map(OBJECT).join("");
}
