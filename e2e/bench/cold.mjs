// `cargo xtask bench cold`: the first request of a new isolate of each Worker against its second one.
// workerd is restarted in every round; medians over the rounds. A path without calls to other Workers
// and stores shows the isolate alone; a hit shows what is loaded for the first answer.

import { ADMIN_TOKEN, startStack } from "../harness/index.mjs";
import { median } from "../harness/load.mjs";

const ROUNDS = Number(process.argv[2] ?? 10);
const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
const BOOK = "/search/isbn?q=9780441172719";
const REQUESTS = [
  ["isbndb", "/nothing", "an unknown address"],
  ["proxy", "/openapi.json", "a fixed document"],
  ["proxy", BOOK, "a hit in KV or R2"],
  ["warmer", "/", "the dashboard"],
  ["warmer", "/status", "with the ledger's object"],
];

async function timed(stack, key, path) {
  const started = performance.now();
  const answer = await stack.worker(key).fetch(path, { headers });
  await answer.arrayBuffer();
  return performance.now() - started;
}

const stack = await startStack();
/** @type {{ first: number[], second: number[] }[]} */
const seen = REQUESTS.map(() => ({ first: [], second: [] }));
try {
  await timed(stack, "proxy", BOOK);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, [key, path]] of REQUESTS.entries()) {
      await stack.restart();
      seen[index].first.push(await timed(stack, key, path));
      seen[index].second.push(await timed(stack, key, path));
    }
    console.log(`round ${round + 1} of ${ROUNDS}`);
  }
} finally {
  await stack.stop();
}
console.log("\nWorker   request                     first     second   ratio   (median of new isolates, ms)");
for (const [index, [key, , what]] of REQUESTS.entries()) {
  const [first, second] = [median(seen[index].first), median(seen[index].second)];
  const numbers = [first.toFixed(1), second.toFixed(1), (first / second).toFixed(1)];
  console.log(`${key.padEnd(8)} ${what.padEnd(24)} ${numbers.map((text) => text.padStart(9)).join("")}`);
}
