// The modules in front of a built Worker, which wrap its bindings in proxies.

import { readFileSync } from "node:fs";

/**
 * The stores of production as documented: their latencies, how long a location keeps a read of KV,
 * the interval between two writes of a key, and the connections of one invocation.
 */
export const FAR_STORES = {
  kvMs: 60,
  r2Ms: 80,
  objectMs: 30,
  kvCachedMs: 5,
  kvCacheTtlMs: 60_000,
  writeIntervalMs: 1_000,
  connections: 6,
};

const LAYER = readFileSync(new URL("worker/bindings.js", import.meta.url), "utf8");

/**
 * The entry of an instrumented Worker; `stores` are the settings of far stores.
 *
 * @param {{ classes: string[], stores?: object }} worker
 */
export function instrumentedModules({ classes, stores }) {
  const objects = classes.map(
    (name) => `export const ${name} = instrumentedObject(built.${name}, "${name}");\n`,
  );
  const entry = `import * as built from "./index.js";
import { instrumentedObject, instrumentedWorker, setStores } from "./bindings.js";
setStores(${JSON.stringify(stores ?? {})});
export default instrumentedWorker(built.default);
${objects.join("")}`;
  return { "test-entry.js": entry, "bindings.js": LAYER };
}

/** The number of each operation: `{ "r2.put": 20 }`. */
export function tally(events) {
  const counts = {};
  for (const { store, name } of events.flatMap((event) => event.operations)) {
    counts[`${store}.${name}`] = (counts[`${store}.${name}`] ?? 0) + 1;
  }
  return counts;
}
