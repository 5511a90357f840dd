// Reads the warmer's own failures.csv: quoted cells, one known delimiter.

/**
 * The complete records of a text.
 *
 * @param {string} text
 * @param {string} delimiter
 * @returns {string[][]}
 */
export function records(text, delimiter) {
  const rows = [];
  /** @type {string[]} */
  let row = [];
  let at = 0;
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      for (at += 1; ; at = at + 2) {
        const end = text.indexOf('"', at);
        if (end < 0) {
          cell += text.slice(at);
          at = text.length;
          break;
        }
        cell += text.slice(at, end);
        at = end;
        if (text[end + 1] !== '"') {
          at += 1;
          break;
        }
        cell += '"';
      }
    }
    let end = at;
    while (end < text.length && text[end] !== delimiter && text[end] !== "\n") end += 1;
    cell += text.slice(at, end);
    at = end + 1;
    row.push(cell);
    if (end >= text.length || text[end] === "\n") {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

/** Pasted ISBNs in any form, as the text of a CSV. @param {string} pasted */
export function pastedCsv(pasted) {
  const whole = (/** @type {string} */ word) => word.replace(/\D/g, "").length >= 9;
  const isbns = pasted
    .split(/[\n,;\t]+/)
    .flatMap((line) => {
      // Several ISBNs in one line; an ISBN with spaces inside stays whole.
      const words = line.trim().split(/\s+/);
      return words.length > 1 && words.every(whole) ? words : [line.trim()];
    })
    .filter((line) => line && !/^isbn(-?1[03])?$/i.test(line));
  const lines = isbns.map((isbn) => `"${isbn.replaceAll('"', '""')}"\n`);
  return { text: `ISBN\n${lines.join("")}`, isbns: isbns.length };
}
