// The failed rows: searchable, in pages.

import * as api from "../api.js";
import { records } from "../csv.js";
import { button, el, fill, refill, table } from "../../../../books-api-proxy/page/dom.js";
import { count, number } from "../../../../books-api-proxy/page/format.js";
import { sayError } from "../message.js";

const PAGE = 50;

/** @typedef {{ line: number, reason: string, row: string, text: string }} Failure */

/**
 * The rows of a failures.csv: the cells that were read, else all filled cells.
 *
 * @param {string} csv
 * @param {import("../types").Reading | null} reading
 * @returns {Failure[]}
 */
export function failuresOf(csv, reading) {
  const header = reading?.headers[0];
  const rows = records(csv, header?.delimiter ?? ",").slice(1);
  const places = header?.columns.map(({ column }) => column + 1) ?? [];
  return rows.map((raw) => {
    // A spreadsheet's notation for digits as text.
    const cells = raw.map((cell) => cell.replace(/^="(.*)"$/s, "$1"));
    const read = places.map((place) => cells[place]).filter(Boolean);
    const row = (read.length ? read : cells.slice(2).filter(Boolean)).join(" · ");
    const [line = "", reason = ""] = cells;
    return { line: Number(line), reason, row, text: `${line} ${reason} ${row}`.toLowerCase() };
  });
}

/** @param {string} name @param {string} csv */
function save(name, csv) {
  const link = el("a", { href: URL.createObjectURL(new Blob([csv], { type: "text/csv" })), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The failures of a job. @param {string} id of the job */
export function failuresView(id) {
  const summary = el("summary", {});
  const body = el("div", { class: "stack" });
  const root = el("details", { class: "failures", hidden: true }, summary, body);
  /** @type {import("../types").Job | undefined} */
  let job;
  let csv = "";
  /** @type {Failure[]} */
  let all = [];
  let loadedFor = "";
  let page = 0;

  const filter = el("input", { type: "search", "aria-label": "Search the rows" });
  const status = el("p", { class: "hint", role: "status" });
  const rows = el("div", {});
  const before = el("button", { type: "button", class: "small", onclick: () => turn(-1) }, "Previous");
  const next = el("button", { type: "button", class: "small", onclick: () => turn(1) }, "Next");
  const tools = el(
    "div",
    { class: "failures-tools" },
    el("label", {}, "Search the rows", filter),
    button("Download all", () => save(`${id}-failures.csv`, csv), sayError),
  );
  const authors = el("div", {});
  const pager = el("div", { class: "row" }, before, next, status);

  /** @param {number} by */
  function turn(by) {
    page += by;
    draw();
  }

  function draw() {
    const wanted = filter.value.trim().toLowerCase();
    const found = wanted ? all.filter(({ text }) => text.includes(wanted)) : all;
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    page = Math.min(Math.max(0, page), last);
    const from = page * PAGE;
    const part = found.slice(from, from + PAGE);
    fill(
      rows,
      part.length > 0 &&
        table(
          "Rows that need a look",
          ["Line", "Why", "Row"],
          part.map(({ line, reason, row }) => [number(line), reason, row]),
        ),
    );
    status.textContent = found.length
      ? `${number(from + 1)} to ${number(from + part.length)} of ${count(found.length, "row")}`
      : "No row matches.";
    before.hidden = next.hidden = last === 0;
    before.disabled = page === 0;
    next.disabled = page === last;
  }

  async function load() {
    if (!job) return;
    const { items, rows: read } = job;
    const state = [items.failed, items.notFound, read.rejected, job.changedAt].join();
    if (loadedFor === state) return;
    loadedFor = state;
    try {
      csv = await api.failures(id);
      all = failuresOf(csv, job.reading);
      fill(body, tools, rows, pager, authors);
      draw();
    } catch (error) {
      loadedFor = "";
      fill(body, el("p", { class: "notice bad" }, error instanceof Error ? error.message : String(error)));
    }
  }

  filter.addEventListener("input", () => {
    page = 0;
    draw();
  });
  root.addEventListener("toggle", () => root.open && load());

  return {
    root,
    /** @param {import("../types").Job} latest */
    update(latest) {
      job = latest;
      const open = latest.rows.rejected + latest.items.failed + latest.items.notFound;
      root.hidden = latest.failures.length + latest.authorFailures.length === 0;
      summary.textContent = `What needs a look: ${[
        latest.rows.rejected && `${count(latest.rows.rejected, "row")} not usable`,
        latest.items.notFound && `${number(latest.items.notFound)} not found`,
        latest.items.failed && `${number(latest.items.failed)} failed`,
      ]
        .filter(Boolean)
        .join(", ")}`;
      refill(
        authors,
        latest.authorFailures.length > 0 &&
          table(
            "Authors",
            ["Author", "Why"],
            latest.authorFailures.map(({ row, reason }) => [row, reason]),
          ),
      );
      if (open > 0 && root.open) load();
    },
  };
}
