// Sends a search as a client would, to show how the cache answers.

import { answerLine, book } from "../../../../books-api-proxy/page/books.js";
import { byId, el, fill } from "../../../../books-api-proxy/page/dom.js";
import * as api from "../api.js";

export function start() {
  const input = el("input", {
    id: "q",
    type: "search",
    required: true,
    maxlength: 500,
    placeholder: "ISBN, title, author",
  });
  const submit = el("button", { class: "primary" }, "Search");
  const form = el(
    "form",
    { class: "card stack", role: "search" },
    el("label", { for: "q" }, "A search as a client makes it"),
    el("div", { class: "row" }, input, submit),
  );
  const answer = el("div", { class: "answer", role: "status" });
  const books = el("ul", { class: "books" });
  fill(byId("search"), el("h2", { id: "search-title" }, "Try a search"), form, answer, books);

  /** @type {{ q: string, ms: number } | undefined} The search before, shown for comparison. */
  let before;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    fill(answer, "Searching …");
    try {
      const result = await api.search(input.value);
      fill(answer, ...answerLine(result, before?.q === input.value ? before.ms : undefined));
      fill(books, ...(result.answer.items ?? []).map(book));
      before = { q: input.value, ms: result.workerMs };
    } catch (error) {
      fill(answer, el("p", { class: "notice bad" }, error instanceof Error ? error.message : String(error)));
      fill(books);
    } finally {
      submit.disabled = false;
    }
  });
}
