// Beside the libraries: provider quotas, the health of the Workers, the warmed searches.

import * as api from "../api.js";
import { byId, el, fill, refill } from "../../../../books-api-proxy/page/dom.js";
import { cause, count, moment, number, provider, until } from "../../../../books-api-proxy/page/format.js";

/** @typedef {import("../types").Health} Health */
/** @typedef {import("../types").Status} Status */

/** @type {[string, string][]} The Workers and the routes of their health. */
const WORKERS = [
  ["Search proxy", "/health/proxy"],
  ["Warmer", "/health"],
  ["ISBNdb Worker", "/health/isbndb"],
];

/** @type {Record<string, [string, string]>} */
const STATES = { healthy: ["up", "good"], degraded: ["up, with less", "wait"], error: ["down", "bad"] };

/** Why a Worker is not healthy: one text for each part. @param {Health} health @returns {string[]} */
function reasons({ serviceBindings, secrets, storage, providers, config }) {
  const parts = [...Object.entries(serviceBindings), ...Object.entries(storage)];
  return [
    ...parts
      .filter(([, part]) => part.status !== "healthy")
      .map(([name, part]) => `${name}: ${part.error ?? part.status}`),
    ...Object.entries(secrets)
      .filter(([, readable]) => !readable)
      .map(([name]) => `${name} is not set or cannot be read`),
    ...Object.entries(providers).flatMap(([name, { error, breaker, movedRoutes }]) => [
      ...(error ? [`${provider(name)}: ${error}`] : []),
      ...(breaker === "closed"
        ? []
        : [`${provider(name)} failed several times and is not called for a while`]),
      ...(movedRoutes?.length ? [`${provider(name)} has moved ${movedRoutes.join(", ")}`] : []),
    ]),
    ...(config ? [config] : []),
  ];
}

/** Reads the health of all Workers. @returns {Promise<(Health | Error)[]>} */
export const look = () =>
  Promise.all(
    WORKERS.map(([, path]) =>
      api.health(path).catch((error) => (error instanceof Error ? error : new Error(String(error)))),
    ),
  );

/** @param {(Health | Error)[]} healths */
export function showHealth(healths) {
  const rows = WORKERS.map(([name], at) => {
    const health = healths[at];
    const [word, kind] = health instanceof Error ? STATES.error : STATES[health.status];
    return { name, word, kind, why: health instanceof Error ? [health.message] : reasons(health) };
  });
  refill(
    byId("workers"),
    ...rows.map(({ name, word, kind }) => el("li", { class: `pill ${kind}` }, `${name} ${word}`)),
  );
  refill(
    byId("health"),
    el("h2", { id: "health-title" }, "Health"),
    ...rows.map(({ name, word, kind, why }) =>
      el(
        "div",
        { class: "provider" },
        el("div", { class: "title-row" }, el("h3", {}, name), el("span", { class: `pill ${kind}` }, word)),
        why.length > 0 && el("ul", { class: "reasons" }, ...why.map((one) => el("li", {}, one))),
      ),
    ),
  );
}

/**
 * @param {string} name
 * @param {number} spent
 * @param {number} limit
 * @param {number} kept for clients' searches
 * @param {string} text
 */
function meter(name, spent, limit, kept, text) {
  const bar = el("div", {
    class: "meter",
    role: "meter",
    "aria-label": `${name}: quota of the day that is spent`,
    "aria-valuemin": 0,
    "aria-valuemax": limit,
    "aria-valuenow": Math.min(spent, limit),
    "aria-valuetext": text,
  });
  for (const part of [spent, kept]) {
    const piece = el("i", {});
    piece.style.width = `${Math.min(100, (part * 100) / Math.max(1, limit))}%`;
    bar.append(piece);
  }
  return bar;
}

/** @param {Status} status @param {(Health | Error)[]} healths */
export function showQuota(status, healths) {
  const quotaOf = (/** @type {number} */ at, /** @type {string} */ name) => {
    const health = healths[at];
    return health instanceof Error || !health
      ? undefined
      : /** @type {any} */ (health.providers[name]?.quota);
  };
  // The Worker's health and the warmer's count may differ: show the higher count of the newer day.
  const newer = (/** @type {import("../types").Quota} */ a, /** @type {import("../types").Quota} */ b) =>
    b.resetsAtMs - a.resetsAtMs || b.spent - a.spent;
  /** @type {import("../types").Quota | undefined} */
  const isbndb = [quotaOf(2, "isbndb"), status.quota].filter(Boolean).sort(newer)[0];
  const google = quotaOf(0, "google-books");
  const kept = isbndb ? Math.max(0, isbndb.left - isbndb.leftBackground) : 0;
  const one = (
    /** @type {string} */ name,
    /** @type {any} */ quota,
    /** @type {number} */ reserve,
    /** @type {string[]} */ lines,
    /** @type {string} */ none,
  ) => {
    const text = quota && `${number(quota.spent)} of ${number(quota.dailyLimit)} spent today`;
    return el(
      "div",
      { class: "provider" },
      el("h3", {}, name),
      quota && meter(name, quota.spent, quota.dailyLimit, reserve, text),
      el("p", {}, quota ? text : none),
      ...lines.map((line) => el("small", {}, line)),
    );
  };
  refill(
    byId("quota"),
    el("h2", { id: "quota-title" }, "Quota"),
    one(
      "ISBNdb",
      isbndb,
      kept,
      isbndb
        ? [
            `${number(isbndb.leftBackground)} left for warming, ${number(kept)} kept for searches`,
            `Plan ${isbndb.plan}; a new day at ${until(isbndb.resetsAtMs)}`,
          ]
        : [],
      status.isbndb === "used" ? "Not known yet." : "No key: not used.",
    ),
    one(
      "Google Books",
      google,
      0,
      google ? [`A new day at ${until(google.resetsAtMs)}`] : [],
      "No quota is known.",
    ),
    one("Open Library", undefined, 0, [], "No daily quota, only a pace."),
  );
}

/** @param {Status["searchWarming"]} warming */
export function showSearches({ enabled, error, waiting, run, history }) {
  const last = run ?? history[0];
  const root = byId("searches");
  root.hidden = enabled !== true && !error;
  if (root.hidden) return fill(root);
  refill(
    root,
    el("h2", { id: "searches-title" }, "Searches kept warm"),
    error && el("p", { class: "notice wait" }, `The list cannot be read: ${cause(error)}`),
    waiting?.reason &&
      el(
        "p",
        {},
        `Waiting: ${cause(waiting.reason)}${waiting.until ? `, until ${until(waiting.until)}` : ""}`,
      ),
    last &&
      el(
        "p",
        {},
        `${run ? "Now" : moment(last.atMs)}: ${number(last.listed)} on the list, ${number(last.fresh)} warm already, ` +
          `${number(last.warmed)} of ${number(last.asked)} warmed, ${number(last.absent)} known to no provider` +
          (last.failed ? `, ${number(last.failed)} failed` : "") +
          (last.left ? `, ${count(last.left, "search", "searches")} left: ${last.why}` : ""),
      ),
    !last && !error && el("p", {}, "Nothing has been searched for yet."),
  );
}
