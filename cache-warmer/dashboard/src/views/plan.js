// A plan: its calls to each provider.

import { el, table } from "../../../../books-api-proxy/page/dom.js";
import { count, expected, number, provider, span, until } from "../../../../books-api-proxy/page/format.js";

/** @typedef {import("../types").Plan} Plan */

/** @param {Plan["work"]} work */
function workInWords({ authors, isbnsWithAuthor, isbnsAlone, titlesWithAuthor, titlesAlone }) {
  const parts = [
    authors && count(authors, "author"),
    isbnsWithAuthor + isbnsAlone && count(isbnsWithAuthor + isbnsAlone, "ISBN"),
    titlesWithAuthor + titlesAlone && count(titlesWithAuthor + titlesAlone, "title") + " without an ISBN",
  ].filter(Boolean);
  return parts.join(", ") || "nothing";
}

/** A plan in one line. @param {Plan} plan */
export function planInShort(plan) {
  if (plan.providers.every(({ calls }) => calls.most === 0)) return "Nothing is left to fetch.";
  const isbndb = plan.providers.find(({ provider: name }) => name === "isbndb");
  const spends = isbndb ? `about ${count(isbndb.units.expected, "ISBNdb unit")}` : "no ISBNdb quota";
  const days = isbndb?.days.expected ?? 1;
  const when = days > 1 ? `${days} days` : span(Math.max(1, (plan.doneAtMs.expected - Date.now()) / 1000));
  return `About ${when} and ${spends}.`.replace("and about", "and");
}

/**
 * @param {Plan} plan
 * @param {string} basis what the figures assume
 */
export function planView(plan, basis) {
  const busy = plan.providers.filter(({ calls }) => calls.most > 0);
  const rows = busy.map(({ provider: name, calls, units, dailyUnits, days, timeMs }) => [
    provider(name),
    expected(calls),
    dailyUnits === undefined ? "no daily quota" : `${expected(units)} of ${number(dailyUnits)} a day`,
    expected(days),
    span(timeMs.expected / 1000),
  ]);
  const isbndb = plan.providers.find(({ provider: name }) => name === "isbndb");
  const days = isbndb?.days.expected ?? 1;
  const { keepWarm } = plan;
  const nothing = busy.length === 0;
  return el(
    "div",
    { class: "stack" },
    el("p", { class: "total" }, planInShort(plan)),
    !nothing && el("p", {}, `To look up: ${workInWords(plan.work)}. ${basis}`),
    !nothing &&
      table(
        "The plan for each provider",
        ["Provider", "Calls", "Units", "Days", "At its pace"],
        rows,
        [1, 2, 3, 4],
      ),
    !nothing &&
      el(
        "p",
        { class: "hint" },
        "Figures are the expected ones, with the least and the most: an author’s page may bring all of the author’s books, or none.",
      ),
    isbndb &&
      keepWarm.unitsADay > 0 &&
      el(
        "p",
        { class: "hint" },
        `Keeping it warm takes about ${count(keepWarm.unitsADay, "unit")} a day` +
          (keepWarm.fitsQuota
            ? "."
            : ", which is more than the quota allows: parts of it will be stale at times."),
      ),
    days > 1 &&
      el(
        "p",
        { class: "hint" },
        `Done around ${until(plan.doneAtMs.expected)}, waiting for the quota of each day included.`,
      ),
  );
}
