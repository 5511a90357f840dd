// Shows a search: the source of its answer, and its books.

import { el } from "./dom.js";
import { count, number, provider, span } from "./format.js";

/** @type {Record<string, [string, string]>} The text and the style of each value of X-Cache. */
const TIERS = {
  "HIT-MEMORY": ["from memory", "good"],
  "HIT-KV-HOT": ["from the hot cache", "good"],
  "HIT-R2-COLD": ["from the cold store", "good"],
  STALE: ["stale, being refreshed", "wait"],
  MISS: ["fetched from the providers", "wait"],
};

/** @type {Record<string, string>} */
const OUTCOMES = {
  found: "found",
  not_found: "has none",
  pending: "still answering",
  not_configured: "has no key",
  not_asked: "not asked",
};

/** Hosts of covers; the content security policy allows the same. */
const COVER_HOSTS = ["images.isbndb.com", "covers.openlibrary.org", "books.google.com"];

/** @param {Record<string, string> | undefined} links */
function coverUrl(links) {
  const link = links?.thumbnail ?? links?.smallThumbnail;
  if (!link || !URL.canParse(link)) return undefined;
  const url = new URL(link);
  url.protocol = "https:";
  return COVER_HOSTS.includes(url.host) ? url.href : undefined;
}

/** A cover: the title on a coloured cloth, and the picture over it once loaded. @param {string} title @param {string | undefined} url */
function cover(title, url) {
  let hash = 0;
  for (const letter of title) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 600;
  const node = el("div", { class: `cover cloth-${hash % 6}`, "aria-hidden": "true" }, el("span", {}, title));
  if (url) {
    const picture = el("img", {
      src: url,
      alt: "",
      loading: "lazy",
      decoding: "async",
      referrerpolicy: "no-referrer",
    });
    picture.addEventListener("error", () => picture.remove());
    node.append(picture);
  }
  return node;
}

/** @param {import("./types").Volume} volume */
export function book({ volumeInfo: info, sources = [] }) {
  const title = info.title ?? "Without a title";
  const isbn = info.industryIdentifiers?.find(({ type }) => type === "ISBN_13")?.identifier;
  /** @type {[string, string | number | undefined][]} */
  const fields = [
    ["ISBN", isbn],
    ["Published", [info.publisher, info.publishedDate].filter(Boolean).join(", ")],
    ["Pages", info.pageCount],
    ["Language", info.language],
    ["From", sources.map(({ provider: name }) => provider(name)).join(", ")],
  ];
  return el(
    "li",
    { class: "card book" },
    cover(title, coverUrl(info.imageLinks)),
    el(
      "div",
      {},
      el("h3", {}, info.subtitle ? `${title}: ${info.subtitle}` : title),
      info.authors && el("p", { class: "by" }, info.authors.join(", ")),
      el(
        "dl",
        {},
        ...fields
          .filter(([, value]) => value)
          .flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
      ),
    ),
  );
}

/** The answer in a response of the proxy, with its tier and times. @param {Response} response @returns {Promise<import("./types").Search>} */
export async function searchOf(response) {
  return {
    answer: await response.json(),
    tier: response.headers.get("x-cache") ?? "",
    ageSecs: Number(response.headers.get("age") ?? 0),
    workerMs: Number(response.headers.get("x-response-time") ?? 0),
  };
}

/** The line above the books: tier, time and providers. @param {import("./types").Search} search @param {number} [beforeMs] the time that the same search took before */
export function answerLine({ answer, tier, ageSecs, workerMs }, beforeMs) {
  const { totalItems, providers = [], partial } = answer;
  const [words, kind] = TIERS[tier] ?? [tier, ""];
  const asked = providers.map(
    ({ name, outcome }) => `${provider(name)}: ${OUTCOMES[outcome] ?? outcome.replaceAll("_", " ")}`,
  );
  return [
    el("span", { class: `pill ${kind}` }, words),
    el("span", { class: "mono" }, tier),
    el("span", {}, `${number(workerMs)} ms`),
    beforeMs !== undefined && el("span", { class: "hint" }, `${number(beforeMs)} ms the time before`),
    tier !== "MISS" && el("span", {}, `stored ${span(ageSecs)} ago`),
    el("span", {}, totalItems ? count(totalItems, "book") : "No provider has such a book."),
    partial && el("span", { class: "pill wait" }, "incomplete: a provider did not answer"),
    asked.length > 0 && el("small", {}, asked.join(" · ")),
  ];
}
