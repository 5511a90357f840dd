// Reads a library CSV to check the Workers: on purpose without their code, because a mistake in
// their reader would also be in the check.

const NUMBERS = ["isbn13", "eanisbn13", "isbn", "isbn10", "upcisbn10", "isbnuid", "isbnissn"];

/** The text of a file: UTF-16 with a mark, UTF-8, or windows-1252. */
function decode(bytes) {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  const text = new TextDecoder().decode(bytes);
  // A single broken byte among valid ones does not change the encoding.
  const broken = text.split("\uFFFD").length - 1;
  const right = (text.match(/[^\x00-\x7f\uFFFD]/g) ?? []).length;
  return broken > right ? new TextDecoder("windows-1252").decode(bytes) : text;
}

/** Rows of a CSV: { line, title, author, isbns13 }; `line` is the number in an editor. */
export function readLibrary(bytes) {
  const [head, ...rows] = parseCsv(decode(bytes));
  const names = head.cells.map((name) =>
    name
      .trim()
      .toLowerCase()
      .replace(/[^a-z0-9]/g, ""),
  );
  const column = (...wanted) => wanted.map((name) => names.indexOf(name)).find((at) => at >= 0);
  const title = column("title", "booktitle");
  const author = column("author", "authors", "primaryauthor", "creator", "creators", "authortext");
  const numbers = NUMBERS.map((name) => column(name));
  return rows
    .filter(({ cells }) => cells.some((cell) => cell.trim() !== ""))
    .map(({ line, cells }) => ({
      line,
      title: (cells[title] ?? "").trim(),
      author: firstAuthor(cells[author] ?? ""),
      isbn13: numbers.map((at) => isbn13Of(cells[at] ?? "")).find((isbn) => isbn !== null) ?? null,
    }));
}

/** The searches of the owner of a row. */
export function searchesOf({ title, author, isbn13 }) {
  const searches = author === "" ? [] : [author];
  if (isbn13 === null) return title === "" ? searches : [...searches, `${title} ${author}`.trim()];
  searches.push(isbn13, hyphenated(isbn13));
  const isbn10 = isbn10Of(isbn13);
  return isbn10 === null ? searches : [...searches, isbn10];
}

/** The first name in a cell that is an author's; `Tolkien, J.R.R.` is one name. */
function firstAuthor(cell) {
  const names = cell.split(/ *[,;&|] *| (?:and|et|und|y|e) (?=\S+ \S)/);
  const first = names.find((name) => !/\((?!author)[^)]+\)$/i.test(name.trim())) ?? "";
  const name = first === "" || first.trim().includes(" ") ? first : cell;
  // Calibre's text for an unknown author.
  return name.trim() === "Unknown" ? "" : name.replace(/\s+/g, " ").trim();
}

/** Records of a CSV: { line, cells }; `line` is the number in an editor. */
export function parseCsv(text) {
  const source = text.replace(/^\uFEFF/, "");
  const delimiter = sniff(source);
  const records = [];
  let cells = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let start = 1;
  const endRecord = () => {
    cells.push(cell);
    if (cells.length > 1 || cell !== "") records.push({ line: start, cells });
    cells = [];
    cell = "";
  };
  for (let at = 0; at < source.length; at++) {
    const char = source[at];
    if (char === "\n") line++;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (source[at + 1] === '"') cell += source[++at];
      else quoted = false;
    } else if (char === '"' && cell === "") quoted = true;
    else if (char === delimiter) {
      cells.push(cell);
      cell = "";
    } else if (char === "\n") {
      endRecord();
      start = line;
    } else if (char !== "\r") cell += char;
  }
  if (cell !== "" || cells.length > 0) endRecord();
  return records;
}

function sniff(text) {
  const head = text.slice(0, text.indexOf("\n"));
  const count = (char) => head.split(char).length;
  return [",", ";", "\t"].reduce((best, char) => (count(char) > count(best) ? char : best));
}

/** A valid ISBN as ISBN-13, or null. */
export function isbn13Of(cell) {
  const digits = cell.toUpperCase().replace(/[^0-9X]/g, "");
  if (/^97[89]\d{10}$/.test(digits)) return digits === with13(digits.slice(0, 12)) ? digits : null;
  if (!/^\d{9}[\dX]$/.test(digits)) return null;
  return digits === with10(digits.slice(0, 9)) ? with13(`978${digits.slice(0, 9)}`) : null;
}

function isbn10Of(isbn13) {
  return isbn13.startsWith("978") ? with10(isbn13.slice(3, 12)) : null;
}

function with13(core) {
  const sum = [...core].reduce((sum, digit, at) => sum + digit * (at % 2 === 0 ? 1 : 3), 0);
  return `${core}${(10 - (sum % 10)) % 10}`;
}

function with10(core) {
  const sum = [...core].reduce((sum, digit, at) => sum + digit * (10 - at), 0);
  const check = (11 - (sum % 11)) % 11;
  return `${core}${check === 10 ? "X" : check}`;
}

// The places of the hyphens make no difference to a reader of ISBNs.
function hyphenated(isbn) {
  return `${isbn.slice(0, 3)}-${isbn.slice(3, 4)}-${isbn.slice(4, 8)}-${isbn.slice(8, 12)}-${isbn.slice(12)}`;
}
