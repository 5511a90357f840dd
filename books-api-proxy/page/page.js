// The search page. Without JavaScript, the form opens the JSON answer.

import { answerLine, book, searchOf } from "./books.js";
import { byId, fill } from "./dom.js";

const input = byId("q");
/** @type {{ q: string, ms: number } | undefined} The last search, to show its time if it is repeated. */
let before;

byId("search").addEventListener("submit", async (/** @type {Event} */ event) => {
  event.preventDefault();
  const [answer, books] = [byId("answer"), byId("books")];
  const q = input.value;
  fill(answer, "Searching …");
  try {
    // Bypasses the browser's cache, so that the page shows the tier of the proxy.
    const init = /** @type {const} */ ({ cache: "no-store" });
    const response = await fetch(`/search/auto?${new URLSearchParams({ q, maxResults: "12" })}`, init);
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      throw new Error(problem.detail ?? `The search answered ${response.status}.`);
    }
    const search = await searchOf(response);
    fill(answer, ...answerLine(search, before && before.q === q ? before.ms : undefined));
    fill(books, ...(search.answer.items ?? []).map(book));
    before = { q, ms: search.workerMs };
  } catch (error) {
    fill(answer, error instanceof Error ? error.message : String(error));
    fill(books);
  }
});
