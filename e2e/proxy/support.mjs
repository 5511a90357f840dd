// Helpers of the proxy's tests.

import { admin } from "../harness/support.mjs";
import { startStack } from "../harness/index.mjs";

/** Starts a proxy with the largest ISBNdb plan, so that no test waits for its pace, and without breakers. */
export function startProxy(options = {}) {
  const { vars = {}, emulators = {}, ...rest } = options;
  return startStack({
    workers: ["isbndb", "proxy"],
    vars: {
      isbndb: { ISBNDB_PLAN: "enterprise", BREAKER_FAILURES: "0", ...vars.isbndb },
      proxy: { BREAKER_FAILURES: "0", ...vars.proxy },
    },
    emulators: { ...emulators, args: ["--isbndb-plan", "enterprise", ...(emulators.args ?? [])] },
    ...rest,
  });
}

/** Runs a test on its own stack. */
export async function withProxy(options, work) {
  const stack = await startProxy(options);
  try {
    await work(stack);
  } finally {
    await stack.stop();
  }
}

/** Vars of a proxy without pace, for tests of results. */
export const UNPACED = {
  RATE_LIMIT_MS: "0",
  GOOGLE_DAILY_QUOTA: "100000",
  GOOGLE_CALLS_PER_MINUTE: "100000",
  OPEN_LIBRARY_INTERVAL_MS: "0",
};

/** A request with the admin token, so without a miss limit; `headers` of `init` override it. */
export async function ask(stack, path, init = {}) {
  const started = performance.now();
  const response = await stack.worker("proxy").fetch(path, {
    ...init,
    headers: { ...admin, ...init.headers },
  });
  const text = await response.text();
  const ms = performance.now() - started;
  const headers = response.headers;
  return {
    status: response.status,
    headers,
    cache: headers.get("x-cache"),
    text,
    ms,
    json: () => JSON.parse(text),
  };
}

/** The number of requests that each provider has received. */
export async function requests(stack) {
  const counts = await stack.emulators.counts();
  return Object.fromEntries(Object.entries(counts).map(([name, one]) => [name, one.requests]));
}

/** The number of requests since `before`. */
export async function since(stack, before) {
  const now = await requests(stack);
  return Object.fromEntries(Object.keys(now).map((name) => [name, now[name] - (before[name] ?? 0)]));
}
