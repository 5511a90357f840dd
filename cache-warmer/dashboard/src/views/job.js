// One library: its state, progress and cost, and the commands on it.

import * as api from "../api.js";
import { button, el, facts, refill, setText } from "../../../../books-api-proxy/page/dom.js";
import {
  cause,
  count,
  fileName,
  moment,
  number,
  size,
  span,
  until,
} from "../../../../books-api-proxy/page/format.js";
import { confirmed, say, sayError } from "../message.js";
import { coverageView } from "./coverage.js";
import { failuresView } from "./failures.js";
import { planView } from "./plan.js";
import { outcomes, readingView } from "./reading.js";

/** @typedef {import("../types").Job} Job */

/** @type {Record<string, [string, string]>} A state's label, and its colour. */
const STATES = {
  importing: ["being read", "good"],
  planning: ["being planned", "good"],
  planned: ["planned", "wait"],
  warming: ["warming", "good"],
  paused: ["paused", "wait"],
  done: ["done", "good"],
  failed: ["failed", "bad"],
  cancelled: ["cancelled", ""],
};

/** @type {[keyof Job["items"], string][]} */
const PARTS = [
  ["done", "books and authors warm"],
  ["deferred", "waiting"],
  ["notFound", "not found"],
  ["failed", "failed"],
];

/** What the job is doing now. @param {Job} job */
function nowInWords(job) {
  const { state, waiting, plan, readBytes, sizeBytes, items } = job;
  if (state === "importing") return `Reading the file: ${size(readBytes)} of ${size(sizeBytes)}.`;
  if (state === "planned") return "Planned. Nothing is spent until you start it.";
  if (state === "paused") return "Paused. It goes on when you resume it.";
  if (state === "failed") return "";
  if (state === "cancelled") return "Cancelled. What is warm stays warm until it expires.";
  if (state === "done")
    return items.total === items.done
      ? "All of it is warm. Checked every night."
      : "Done. Checked every night.";
  if (waiting)
    return `Waiting: ${cause(waiting.reason)}${waiting.until ? `, until ${until(waiting.until)}` : ""}.`;
  if (state === "planning") return "Asking the cache what is warm already. This spends nothing.";
  if (!plan) return "Warming.";
  const { authors, isbnsAlone, isbnsWithAuthor, titlesAlone, titlesWithAuthor } = plan.work;
  if (authors) return `Fetching authors’ pages, which hold their books too: ${number(authors)} to go.`;
  const isbns = isbnsAlone + isbnsWithAuthor;
  if (isbns) return `Looking up ISBNs in bulk: ${number(isbns)} to go.`;
  const titles = titlesAlone + titlesWithAuthor;
  return titles ? `Searching titles one by one: ${number(titles)} to go.` : "Checking the last entries.";
}

/** @param {Job} job */
function progress({ items }) {
  const percent = items.total ? Math.floor((items.done * 100) / items.total) : 0;
  const text = PARTS.filter(([part]) => items[part]).map(([part, name]) => `${number(items[part])} ${name}`);
  if (items.pending) text.push(`${number(items.pending)} to do`);
  const bar = el("div", {
    class: "bar",
    role: "progressbar",
    "aria-label": "Books and authors that are warm",
    "aria-valuemin": 0,
    "aria-valuemax": 100,
    "aria-valuenow": percent,
    "aria-valuetext": `${text.join(", ")} of ${number(items.total)}`,
  });
  for (const [part] of PARTS) {
    const piece = el("i", { class: `is-${part}` });
    piece.style.width = `${items.total ? (items[part] * 100) / items.total : 0}%`;
    if (items[part]) bar.append(piece);
  }
  const entry = (/** @type {string} */ part, /** @type {string} */ text) =>
    el("li", {}, el("i", { class: `is-${part}` }), text);
  const legend = el(
    "ul",
    { class: "legend" },
    ...PARTS.filter(([part]) => items[part] || part === "done").map(([part, name]) =>
      entry(part, `${number(items[part])} ${name}`),
    ),
    items.pending > 0 && entry("pending", `${number(items.pending)} to do`),
  );
  return [el("div", { class: "shelf" }, bar), legend];
}

/**
 * @param {Job} first
 * @param {() => Promise<void>} refresh
 */
export function jobView(first, refresh) {
  const { id } = first;
  const headingId = `job-${id}`;
  const name = el("h3", { id: headingId });
  const pill = el("span", {});
  const big = el("p", { class: "big" });
  const now = el("p", {});
  const error = el("p", { class: "notice bad", hidden: true });
  const bars = el("div", { class: "stack" });
  const figures = el("div", {});
  const plan = el("div", {});
  const coverage = el("div", {});
  const readingBody = el("div", {});
  const reading = el("details", {}, el("summary", {}, "How the file was read"), readingBody);
  const failures = failuresView(id);

  /** @param {string} label @param {string} command @param {string} [kind] @param {() => Promise<boolean>} [ask] */
  const act = (label, command, kind, ask) =>
    button(
      label,
      async () => {
        if (ask && !(await ask())) return;
        await api.command(id, command);
        say("");
        await refresh();
        // If the pressed button was removed, the first visible one gets the focus.
        const next = [...actions.querySelectorAll("button")].find((one) => !one.hidden);
        if (document.activeElement === document.body) next?.focus();
      },
      sayError,
      kind,
    );
  const pause = act("Pause", "pause");
  const resume = act("Resume", "resume", "primary");
  const retry = act("Retry what failed", "retry");
  const cancel = act("Cancel", "cancel", "quiet", () =>
    confirmed(
      `Cancel ${name.textContent}?`,
      "Warming stops. What is warm stays warm until it expires, and a retry starts it again.",
      "Cancel the warming",
    ),
  );
  const actions = el("div", { class: "row" }, resume, pause, retry, cancel);
  const root = el(
    "article",
    { class: "card stack", "aria-labelledby": headingId },
    el("div", { class: "title-row" }, name, pill),
    el("div", { class: "now" }, big, now),
    error,
    bars,
    figures,
    plan,
    actions,
    coverage,
    failures.root,
    reading,
  );

  /** @param {Job} job */
  function update(job) {
    const { items, state, rows } = job;
    const [word, kind] = STATES[state] ?? [state, ""];
    const over = ["done", "failed", "cancelled"].includes(state);
    setText(name, fileName(job.file));
    setText(pill, word);
    pill.className = `pill ${kind}`;
    setText(
      big,
      items.total
        ? `${Math.floor((items.done * 100) / items.total)} % warm`
        : `${number(rows.total)} rows read`,
    );
    big.hidden = state === "failed" && !items.total;
    setText(now, nowInWords(job));
    error.hidden = !job.error;
    setText(error, job.error ?? "");
    refill(bars, ...(items.total ? progress(job) : []));
    refill(
      figures,
      facts([
        ["Library", rows.total ? `${count(rows.total, "row")}, ${count(job.authors, "author")}` : null],
        ["Pace", !over && job.pace ? `${number(job.pace.itemsPerMinute)} a minute` : null],
        ["Time left", job.etaSecs !== null && !over ? `about ${span(job.etaSecs)}` : null],
        [
          "Spent",
          job.spent.isbndbUnits
            ? `${count(job.spent.isbndbUnits, "ISBNdb unit")}`
            : over
              ? "no ISBNdb unit"
              : null,
        ],
        ["Warm before", job.spent.alreadyWarm ? number(job.spent.alreadyWarm) : null],
        over ? ["Ended", moment(job.changedAt)] : ["Added", job.pace ? null : moment(job.createdAt)],
      ]),
    );
    refill(plan, state === "planned" && job.plan && planView(job.plan, "What is warm already is left out."));
    resume.hidden = state !== "paused" && state !== "planned";
    setText(resume, state === "planned" ? "Start warming" : "Resume");
    pause.hidden = over || state === "paused" || state === "planned";
    cancel.hidden = over;
    retry.hidden = !over || (state === "done" && items.failed + items.notFound + items.deferred === 0);
    setText(
      retry,
      state === "cancelled" ? "Start again" : state === "failed" ? "Read it again" : "Retry what failed",
    );
    actions.hidden = [resume, pause, cancel, retry].every((one) => one.hidden);
    refill(coverage, coverageView(job.coverage));
    reading.hidden = !job.reading;
    if (job.reading) refill(readingBody, outcomes(rows), readingView(job.reading));
    failures.update(job);
  }

  update(first);
  return { root, update };
}
