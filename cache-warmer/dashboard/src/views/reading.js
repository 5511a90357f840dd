// How a file was read: encoding, header, columns, and what is uncertain.

import { el, facts, table } from "../../../../books-api-proxy/page/dom.js";
import { count, delimiter, number } from "../../../../books-api-proxy/page/format.js";

/** @typedef {import("../types").Reading} Reading */
/** @typedef {import("../types").Rows} Rows */

/** Programs whose name is not the capitalised id of their format. @type {Record<string, string>} */
const PROGRAMS = {
  plain: "any program",
  headless: "a list of ISBNs",
  "story-graph": "StoryGraph",
  "library-thing": "LibraryThing",
  "book-buddy": "BookBuddy",
  "book-wyrm": "BookWyrm",
  "open-reads": "OpenReads",
  "never-too-many-books": "NeverTooManyBooks",
  "open-library": "Open Library",
};

/** @param {string} format */
const program = (format) => PROGRAMS[format] ?? format.charAt(0).toUpperCase() + format.slice(1);

/** @param {Rows} rows */
export function outcomes({ valid, repaired, titleAuthor, rejected }) {
  const box = (/** @type {string} */ name, /** @type {number} */ value, /** @type {string} */ kind) =>
    el("div", { class: value > 0 && kind }, el("dt", {}, name), el("dd", {}, number(value)));
  return el(
    "dl",
    { class: "outcomes" },
    box("with an ISBN", valid, ""),
    box("with a repaired ISBN", repaired, "warn"),
    box("by title and author", titleAuthor, "warn"),
    box("not usable", rejected, "bad"),
  );
}

/** @param {Reading} reading */
export function readingView(reading) {
  const { encoding, encodingSource, skippedLines, headers, furtherHeaders, mendedRows, warnings } = reading;
  const [first] = headers;
  return el(
    "div",
    { class: "stack" },
    facts([
      ["Export of", program(first?.format ?? "plain")],
      ["Encoding", (encoding ?? "not known yet") + (encodingSource === "guess" ? " (a guess)" : "")],
      ["Between cells", first && delimiter(first.delimiter)],
      ["Header", first && (first.line ? `in line ${first.line}` : "none")],
      ["Lines before it", skippedLines || null],
      ["Further headers", furtherHeaders || null],
      ["Letters repaired", mendedRows ? `in ${count(mendedRows, "row")}` : null],
    ]),
    ...headers.map((header) =>
      el(
        "div",
        { class: "stack" },
        el(
          "ul",
          { class: "columns", "aria-label": "Columns that are read" },
          ...header.columns.map(({ column, name, takenFor }) =>
            el("li", {}, name || `column ${column}`, " → ", el("b", {}, takenFor)),
          ),
        ),
        header.ignored.length > 0 &&
          el(
            "details",
            {},
            el("summary", {}, `${count(header.ignored.length, "column")} not needed`),
            el("p", { class: "hint" }, header.ignored.join(", ")),
          ),
      ),
    ),
    ...warnings.map((warning) => el("p", { class: "notice wait" }, warning)),
  );
}

const OUTCOMES = { valid: "ISBN", repaired: "ISBN repaired", titleAuthor: "title and author" };

/** @param {import("../types").Preview["firstRows"]} rows */
export const firstRows = (rows) =>
  table(
    "The first books, as they were read",
    ["Line", "Title", "Author", "ISBN", "Looked up by"],
    rows.map(({ line, title, author, isbn, outcome }) => [
      number(line),
      title ?? "",
      author ?? "",
      isbn ? el("span", { class: "mono" }, isbn) : "",
      OUTCOMES[outcome],
    ]),
  );
