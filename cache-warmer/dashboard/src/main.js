// The dashboard: signs in, then polls the Workers and updates the page.

import * as api from "./api.js";
import { byId, el, fill, refill } from "../../../books-api-proxy/page/dom.js";
import { count, number } from "../../../books-api-proxy/page/format.js";
import { say, sayError } from "./message.js";
import * as session from "./session.js";
import * as theme from "./theme.js";
import * as add from "./views/add.js";
import { jobView } from "./views/job.js";
import * as search from "./views/search.js";
import * as side from "./views/side.js";

/** Poll intervals: while a job runs, while none does, while the page is in the background. */
const BUSY_MS = 3_000;
const IDLE_MS = 30_000;
const HIDDEN_MS = 60_000;
const HEALTH_MS = 60_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let healthDueMs = 0;
/** @type {(import("./types").Health | Error)[]} */
let healths = [];
/** @type {Map<string, ReturnType<typeof jobView>>} */
const jobs = new Map();
const list = el("div", { class: "stack" });
const summary = el("p", { class: "hint" });
const warnings = el("div", { class: "stack" });

const adding = add.start(refresh);
search.start();
theme.start();
fill(
  byId("libraries"),
  el("div", { class: "title-row" }, el("h2", { id: "libraries-title" }, "Libraries"), summary),
  warnings,
  list,
);

/** @param {boolean} signedIn */
function show(signedIn) {
  byId("app").hidden = !signedIn;
  byId("sign-out").hidden = !signedIn;
  byId("workers").hidden = !signedIn;
  byId("sign-in").hidden = signedIn;
  byId("foot").hidden = !signedIn;
}

function signOut() {
  clearTimeout(timer);
  session.forget();
  fill(list);
  jobs.clear();
  healths = [];
  healthDueMs = 0;
  show(false);
  byId("token").focus();
}

/** @param {import("./types").Status} status */
function showStatus(status) {
  const { jobs: latest } = status;
  adding.update(latest.length === 0);
  byId("libraries").hidden = latest.length === 0 && status.warnings.length === 0;
  warnings.hidden = status.warnings.length === 0;
  refill(warnings, ...status.warnings.map((text) => el("p", { class: "notice wait" }, text)));
  const warm = latest.reduce((sum, { items }) => sum + items.done, 0);
  const total = latest.reduce((sum, { items }) => sum + items.total, 0);
  summary.textContent =
    latest.length > 1
      ? `${count(latest.length, "library", "libraries")}, ${number(warm)} of ${number(total)} books and authors warm`
      : "";
  for (const [id, view] of jobs) {
    if (latest.some((job) => job.id === id)) continue;
    view.root.remove();
    jobs.delete(id);
  }
  latest.forEach((job, at) => {
    const known = jobs.get(job.id);
    const view = known ?? jobView(job, refresh);
    if (known) known.update(job);
    else jobs.set(job.id, view);
    if (list.children[at] !== view.root) list.insertBefore(view.root, list.children[at] ?? null);
  });
  side.showQuota(status, healths);
  side.showSearches(status.searchWarming);
}

/** True while the last poll failed; the next success removes its message. */
let failed = false;

async function refresh() {
  clearTimeout(timer);
  try {
    const status = await api.status();
    if (failed) say("");
    failed = false;
    show(true);
    showStatus(status);
    if (Date.now() >= healthDueMs) {
      healthDueMs = Date.now() + HEALTH_MS;
      side.look().then((latest) => {
        healths = latest;
        side.showHealth(healths);
        side.showQuota(status, healths);
      }, sayError);
    }
    const busy = status.jobs.some((job) => ["importing", "planning", "warming"].includes(job.state));
    schedule(document.hidden ? HIDDEN_MS : busy ? BUSY_MS : IDLE_MS);
  } catch (error) {
    failed = true;
    sayError(error);
    if (error instanceof api.ApiError && (error.status === 401 || error.status === 403)) signOut();
    else schedule(10_000);
  }
}

/** @param {number} ms */
function schedule(ms) {
  clearTimeout(timer);
  timer = setTimeout(refresh, ms);
}

function begin() {
  if (session.token()) refresh();
  else show(false);
}

byId("sign-in-form").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  session.keep(byId("token").value);
  byId("token").value = "";
  refresh();
});
byId("sign-out").addEventListener("click", () => {
  say("");
  signOut();
});
document.addEventListener("visibilitychange", () => !document.hidden && session.token() && refresh());
addEventListener("hashchange", () => session.takeFromAddress() && refresh());
session.takeFromAddress();
begin();
