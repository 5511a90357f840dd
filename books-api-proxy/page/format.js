// Formats numbers, times and the Workers' identifiers for display.

const NUMBERS = new Intl.NumberFormat("en");
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** @param {number} value */
export const number = (value) => NUMBERS.format(value);

/** "1 book", "2 books". @param {number} value @param {string} one @param {string} [many] */
export const count = (value, one, many = one + "s") => `${number(value)} ${value === 1 ? one : many}`;

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1024) return count(bytes, "byte");
  if (bytes < 1048576) return `${Math.round(bytes / 1024)} KB`;
  return `${(bytes / 1048576).toFixed(1)} MB`;
}

/** A span of time. @param {number} secs */
export function span(secs) {
  if (secs < 1) return "under a second";
  if (secs < 90) return `${Math.round(secs)} s`;
  if (secs < 5400) return `${Math.round(secs / 60)} min`;
  if (secs < 172800) return `${Math.round(secs / 360) / 10} h`;
  return `${Math.round(secs / 86400)} days`;
}

/** @param {number} ms */
export const day = (ms) => DAY.format(ms);

/** A moment: the time, with the date if it is not today. @param {number} ms */
export function moment(ms) {
  const clock = CLOCK.format(ms);
  return new Date(ms).toDateString() === new Date().toDateString() ? clock : `${day(ms)}, ${clock}`;
}

/** "02:00 (in 5 h)". @param {number} ms */
export const until = (ms) => `${moment(ms)} (in ${span(Math.max(0, (ms - Date.now()) / 1000))})`;

/** The most likely number, and its limits if they differ. @param {{ least: number, expected: number, most: number }} range */
export function expected({ least, expected, most }) {
  return least === most ? number(expected) : `${number(expected)} (${number(least)} to ${number(most)})`;
}

/** @type {Record<string, string>} */
const PROVIDERS = {
  isbndb: "ISBNdb",
  openLibrary: "Open Library",
  "open-library": "Open Library",
  googleBooks: "Google Books",
  "google-books": "Google Books",
};

/** @param {string} name */
export const provider = (name) => PROVIDERS[name] ?? name;

/** @type {Record<string, string>} */
const WORKERS = {
  "isbndb-worker": "the ISBNdb Worker",
  "books-api-proxy": "the search proxy",
  isbndb: "ISBNdb",
  "open-library": "Open Library",
  "google-books": "Google Books",
  proxy: "the search proxy",
};

/** @type {[RegExp, string][]} */
const CAUSES = [
  [/^quota_spent/, "the quota of the day is spent"],
  [/^rate_limited/, "is asked for less at a time"],
  [/^timeout/, "did not answer in time"],
  [/^unreachable/, "cannot be reached"],
  [/^circuit_open/, "failed several times in a row and is given a rest"],
  [/^upstream_error/, "answered with an error"],
  [/^unavailable/, "is not available"],
  [/^malformed/, "sent an answer that cannot be read"],
];

/** The text of a reason to wait; an unknown reason is shown unchanged. @param {string} reason */
export function cause(reason) {
  const [, subject = "", rest = ""] = /^([a-z-]+): (.*)$/s.exec(reason) ?? [];
  const found = CAUSES.find(([pattern]) => pattern.test(rest));
  const name = WORKERS[subject];
  if (!found || !name) return reason;
  return rest.startsWith("quota_spent") ? `${name}: ${found[1]}` : `${name} ${found[1]}`;
}

/** @param {string} delimiter */
export const delimiter = (delimiter) =>
  ({ ",": "comma", ";": "semicolon", "\t": "tab", "|": "bar" })[delimiter] ?? `“${delimiter}”`;

/** The name of an uploaded file. @param {string} key */
export const fileName = (key) => key.replace(/^uploads\//, "");
