// The CPU time of one slice of a library's import: an alarm of the ledger's object, which the bench fires itself.

import { startStack } from "../../harness/index.mjs";
import { admin, isbn13 } from "../../harness/support.mjs";

const FILE = "uploads/library.csv";
const SLICE_ROWS = 500;
const SLICES_A_ROUND = 3;

const STUBS = `
import * as built from "./index.js";
export * from "./index.js";

/** The calls of an alarm to the file and the database, one list a slice. */
const slices = [];
let calls;

/** An object in which some methods are replaced by others of the same name. */
const replacing = (target, methods) =>
  new Proxy(target, {
    get(object, key) {
      const value = Reflect.get(object, key, object);
      // The worker crate recognises a binding by its constructor.
      if (key === "constructor") return value;
      return methods[key] ?? (typeof value === "function" ? value.bind(object) : value);
    },
  });

const run = (sql, statement, values) => sql.exec(statement, ...values).toArray();

export class LedgerObject extends built.LedgerObject {
  constructor(state, env) {
    const { storage } = state;
    const exec = (statement, ...values) => {
      calls?.push(({ sql }) => run(sql, statement, values));
      return storage.sql.exec(statement, ...values);
    };
    const get = (key, options) => {
      calls?.push(async ({ bucket }) => (await bucket.get(key, options)).arrayBuffer());
      return env.LIBRARY_DATA.get(key, options);
    };
    // Slices are read only on demand: the object's own alarm is switched off.
    const own = replacing(storage, { sql: replacing(storage.sql, { exec }), setAlarm: async () => {} });
    const bound = { ...env, LIBRARY_DATA: replacing(env.LIBRARY_DATA, { get }) };
    if (!slices.length) calls = [];
    super(replacing(state, { storage: own }), bound);
    this.stores = { sql: storage.sql, bucket: env.LIBRARY_DATA };
  }

  async alarm() {}

  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const [from, to] = ["from", "to"].map((name) => Number(searchParams.get(name)));
    if (pathname === "/__step") await super.alarm();
    else if (pathname === "/__slices") {
      for (let at = from; at < to; at += 1) {
        // The database calls of the steps before belong to the first slice.
        calls ??= [];
        await super.alarm();
        slices[at] = calls;
        calls = undefined;
      }
    } else if (pathname === "/__floor") {
      for (const slice of slices.slice(from, to)) for (const call of slice) await call(this.stores);
    } else return super.fetch(request);
    return new Response(null, { status: 204 });
  }
}

export default class extends built.default {
  constructor(ctx, env) {
    super(ctx, env);
    this.own = env;
  }
  async fetch(request) {
    const { pathname, search, searchParams } = new URL(request.url);
    if (!pathname.startsWith("/__")) return super.fetch(request);
    const object = this.own.LEDGER.getByName(searchParams.get("object"));
    return object.fetch("https://ledger.internal" + pathname + search);
  }
}
`;

/** CPU time of a slice in ms for each round: measured, of the same calls alone, and the difference. */
export async function importSlice(rounds, nanoseconds) {
  const slices = (rounds + 1) * SLICES_A_ROUND;
  const row = (n) => `The Book ${n},Author ${n % 900},${isbn13(310_000_000 + n * 7)}`;
  // The last slice would read the end of the file, and the job would continue with its next step.
  const rows = Array.from({ length: (slices + 2) * SLICE_ROWS }, (_, n) => row(n));
  const stack = await startStack({ emulators: false, wrap: { warmer: STUBS } });
  try {
    const [pid] = stack.workerdPids();
    const warmer = stack.worker("warmer");
    await (await stack.r2("warmer", "LIBRARY_DATA")).put(FILE, `Title,Author,ISBN13\n${rows.join("\n")}`);
    await warmer.scheduled("*/15 * * * *");
    const newest = async () => {
      /** @type {any} */
      const status = await (await warmer.fetch("/status", { headers: admin })).json();
      return status.jobs[0];
    };
    // The steps before read the first slice.
    while (!(await newest())?.rows.total) await warmer.fetch("/__step?object=main");
    const measure = async (path, object, from) => {
      const query = new URLSearchParams({ object, from: String(from), to: String(from + SLICES_A_ROUND) });
      const before = nanoseconds(pid);
      const response = await warmer.fetch(`${path}?${query}`);
      if (response.status !== 204) throw new Error(`${path}: ${response.status}`);
      return (nanoseconds(pid) - before) / SLICES_A_ROUND / 1e6;
    };
    const seen = [];
    for (let round = 0; round <= rounds; round += 1) {
      const from = round * SLICES_A_ROUND;
      const whole = await measure("/__slices", "main", from);
      const base = await measure("/__floor", "floor", from);
      // The first round compiles the code.
      if (round > 0) seen.push({ whole, base, own: whole - base });
    }
    const read = (await newest()).rows.total;
    if (read !== (slices + 1) * SLICE_ROWS) throw new Error(`${read} rows were read`);
    return seen;
  } finally {
    await stack.stop();
  }
}
