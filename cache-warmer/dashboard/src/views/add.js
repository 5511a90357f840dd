// Adds a library: a file or pasted ISBNs, shown as a preview before the upload.

import * as api from "../api.js";
import { pastedCsv } from "../csv.js";
import { button, byId, el, fill, setText, table } from "../../../../books-api-proxy/page/dom.js";
import { count, number, size } from "../../../../books-api-proxy/page/format.js";
import { say, sayError } from "../message.js";
import { planInShort, planView } from "./plan.js";
import { firstRows, outcomes, readingView } from "./reading.js";

/** @typedef {{ blob: Blob, name: string }} Chosen */

/** Encodings to choose from, if the detected one is wrong. */
const ENCODINGS = [
  ["", "as detected from its bytes"],
  ["utf-8", "UTF-8"],
  ["windows-1252", "Western (windows-1252)"],
  ["windows-1250", "Central European (windows-1250)"],
  ["windows-1251", "Cyrillic (windows-1251)"],
  ["windows-1253", "Greek (windows-1253)"],
  ["macintosh", "Mac OS Roman"],
  ["shift_jis", "Japanese (Shift JIS)"],
  ["gb18030", "Chinese (GB18030)"],
  ["big5", "Chinese (Big5)"],
  ["euc-kr", "Korean (EUC-KR)"],
];

/** @param {() => Promise<void>} refresh reloads the libraries */
export function start(refresh) {
  const root = byId("add");
  const input = el("input", {
    type: "file",
    id: "file",
    class: "hidden",
    accept: ".csv,.tsv,.txt,text/csv",
    tabindex: -1,
    "aria-hidden": "true",
  });
  const choose = button("Choose a file", () => input.click(), sayError, "primary");
  const pasteButton = button("Paste ISBNs", () => openPaste(), sayError);
  const drop = el(
    "div",
    { class: "drop" },
    el("p", { class: "lead" }, "Drop the CSV of your books here"),
    el(
      "p",
      { class: "hint" },
      "The export of Goodreads, StoryGraph, LibraryThing, Calibre, or any table with an ISBN or a title. You see how it is read, and what it costs, before anything is spent.",
    ),
    el("div", { class: "row" }, choose, pasteButton),
    input,
  );
  const text = el("textarea", {
    id: "isbns",
    rows: 6,
    spellcheck: "false",
    placeholder: "9780441172719\n0-547-92822-X",
  });
  const pasteForm = el(
    "form",
    { class: "card paste", hidden: true },
    el("label", { for: "isbns" }, "ISBNs, one a line"),
    text,
    el(
      "div",
      { class: "row" },
      el("button", { class: "primary" }, "See the plan"),
      button("Back", () => show(drop), sayError),
    ),
  );
  const panel = el("div", { class: "card stack", hidden: true, tabindex: -1 });
  fill(root, el("h2", { id: "add-title" }, "Add a library"), drop, pasteForm, panel);

  /** @param {HTMLElement} part */
  function show(part) {
    for (const one of [drop, pasteForm, panel]) one.hidden = one !== part;
    if (part === drop) choose.focus();
  }

  function openPaste() {
    show(pasteForm);
    text.focus();
  }

  /** @param {File | undefined} file */
  const take = (file) => file && preview({ blob: file, name: file.name }, "");

  input.addEventListener("change", () => {
    take(input.files?.[0]);
    input.value = "";
  });
  pasteForm.addEventListener("submit", (event) => {
    event.preventDefault();
    const { text: csv, isbns } = pastedCsv(text.value);
    if (isbns === 0) return say("No ISBN was pasted.", "wait");
    const now = new Date().toISOString().slice(0, 16).replace(/[T:]/g, "-");
    preview({ blob: new Blob([csv], { type: "text/csv" }), name: `pasted-${now}.csv` }, "");
  });
  // A file may be dropped anywhere: beside the box, the browser would open it in place of the page.
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (!byId("app").hidden) take(event.dataTransfer?.files[0]);
  });

  /** @param {Chosen} chosen @param {string} encoding */
  async function preview(chosen, encoding) {
    say("");
    show(panel);
    fill(panel, el("p", { role: "status" }, `Reading ${chosen.name} …`));
    try {
      showPreview(chosen, encoding, await api.preview(chosen.blob, encoding));
    } catch (error) {
      fill(
        panel,
        el("h3", {}, chosen.name),
        el(
          "p",
          { class: "notice bad", role: "alert" },
          error instanceof Error ? error.message : String(error),
        ),
        el("div", { class: "row" }, again("Choose another")),
      );
    }
    panel.focus();
  }

  /** @param {string} label */
  const again = (label) => button(label, () => show(drop), sayError);

  /** @param {Chosen} chosen @param {string} encoding @param {import("../types").Preview} seen */
  function showPreview(chosen, encoding, seen) {
    const { rows, reading, complete, readBytes, sizeBytes, failures } = seen;
    const usable = rows.total - rows.rejected;
    const whole = Math.round((rows.total * sizeBytes) / Math.max(1, readBytes));
    const select = el(
      "select",
      { id: "encoding" },
      ...ENCODINGS.map(([label, name]) => el("option", { value: label, selected: label === encoding }, name)),
    );
    select.addEventListener("change", () => preview(chosen, select.value));
    /** @param {boolean} dryRun */
    const send = (dryRun) => async () => {
      say(`Uploading ${chosen.name} …`);
      await api.upload(chosen.blob, chosen.name, encoding, dryRun);
      say(
        dryRun
          ? `${chosen.name} is planned. Nothing is spent until you start it.`
          : `${chosen.name} is being warmed.`,
      );
      text.value = "";
      show(drop);
      await refresh();
    };
    fill(
      panel,
      el(
        "div",
        { class: "title-row" },
        el("h3", {}, chosen.name),
        el(
          "p",
          { class: "hint" },
          `${size(sizeBytes)}, ${complete ? count(rows.total, "row") : `about ${number(whole)} rows`}`,
        ),
      ),
      !complete &&
        el(
          "p",
          { class: "notice" },
          `This looks at the first ${number(rows.total)} rows; the plan is projected from them. “Upload and plan” gives the exact one.`,
        ),
      el("h3", {}, "How it is read"),
      outcomes(rows),
      reading && readingView(reading),
      seen.firstRows.length > 0 && firstRows(seen.firstRows),
      failures.length > 0 &&
        el(
          "details",
          {},
          el("summary", {}, `${count(rows.rejected, "row")} not usable`),
          table(
            "Rows that cannot be used",
            ["Line", "Why", "Row"],
            failures.map(({ line, reason, row }) => [number(line), reason, row]),
          ),
        ),
      el("div", { class: "row" }, el("label", { for: "encoding" }, "Letters look wrong? Read it"), select),
      el("h3", {}, "What it will take"),
      usable > 0
        ? planView(seen.plan, "Books that are warm already cost nothing.")
        : el("p", { class: "notice bad" }, "No row of this file can be used."),
      el(
        "div",
        { class: "decide" },
        el("p", {}, el("b", {}, usable > 0 ? planInShort(seen.plan) : "Nothing to warm.")),
        el(
          "div",
          { class: "row" },
          usable > 0 && button("Warm this library", send(false), sayError, "primary"),
          usable > 0 && button("Upload and plan only", send(true), sayError),
          again("Choose another"),
        ),
      ),
    );
  }

  return {
    /** The box is larger before the first library. @param {boolean} first */
    update(first) {
      drop.classList.toggle("first", first);
      setText(byId("add-title"), first ? "Start with your library" : "Add a library");
    },
  };
}
