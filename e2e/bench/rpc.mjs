// `cargo xtask bench rpc`: calls of the ISBNdb Worker by fetch and by RPC, interleaved in one run. The
// caller is a JavaScript Worker; all answers are in the ISBNdb Worker's cache. Medians; only
// the ratio is comparable.

import { startStack } from "../harness/index.mjs";
import { median } from "../harness/load.mjs";

const ROUNDS = Number(process.argv[2] ?? 200);
const NAME = "isbndb-biography-worker-production";

const CALLER = `
const ways = {
  fetch: async (env, isbns) => isbns.length === 1
    ? (await env.HTTP.fetch("https://isbndb-worker.internal/book/" + isbns[0])).json()
    : (await env.HTTP.fetch("https://isbndb-worker.internal/books",
        { method: "POST", body: JSON.stringify({ isbns }) })).json(),
  rpc: (env, isbns) => isbns.length === 1 ? env.RPC.book(isbns[0]) : env.RPC.books(isbns),
};
export default { async fetch(request, env) {
  const { way, isbns } = await request.json();
  await ways[way](env, isbns);
  return new Response();
} };`;

const props = { caller: "bench" };
const stack = await startStack({
  workers: ["isbndb"],
  vars: { isbndb: { ISBNDB_PLAN: "enterprise" } },
  emulators: { args: ["--isbndb-plan", "enterprise"] },
  extraWorkers: [
    {
      name: "caller",
      modules: true,
      script: CALLER,
      compatibilityDate: "2026-11-17",
      serviceBindings: {
        HTTP: { name: NAME, props },
        RPC: { name: NAME, entrypoint: "Bibliography", props },
      },
    },
  ],
});
try {
  const { books } = await stack.emulators.catalogue();
  const known = books.filter((book) => book.isbn13 && book.knownTo.includes("isbndb"));
  const isbns = known.slice(0, 50).map((book) => book.isbn13);
  for (const some of [isbns.slice(0, 1), isbns]) {
    /** @type {Record<string, number[]>} */
    const times = { fetch: [], rpc: [] };
    for (let round = -20; round < ROUNDS; round++) {
      for (const way of Object.keys(times)) {
        const body = JSON.stringify({ way, isbns: some });
        const started = performance.now();
        const answer = await stack.worker("caller").fetch("/", { method: "POST", body });
        if (!answer.ok) throw new Error(`${way}: ${answer.status} ${await answer.text()}`);
        if (round >= 0) times[way].push(performance.now() - started);
      }
    }
    const [http, rpc] = [median(times.fetch), median(times.rpc)];
    const text = [http, rpc].map((ms) => `${ms.toFixed(2)} ms`);
    console.log(
      `${some.length} books: fetch ${text[0]}, rpc ${text[1]}, rpc/fetch ${(rpc / http).toFixed(2)}`,
    );
  }
} finally {
  await stack.stop();
}
