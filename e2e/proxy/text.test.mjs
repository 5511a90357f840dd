// Any text is answered by every public route, and never by a 5xx.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { ask, startProxy, UNPACED } from "./support.mjs";

const TEXTS = 60;
const AT_ONCE = 8;

/** Mulberry32: the same texts at every run. */
function dice(seed) {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

const span = (first, last) => (roll) => String.fromCodePoint(first + roll(last - first + 1));
const oneOf =
  (...list) =>
  (roll) =>
    list[roll(list.length)];
const KINDS = [
  span(0x20, 0x7e),
  span(0x00, 0x1f), // control
  span(0x80, 0xff), // Latin-1 and its controls
  span(0x300, 0x36f), // marks without a letter
  span(0x370, 0x52f), // Greek, Cyrillic
  span(0x590, 0x6ff), // right to left
  span(0x900, 0x97f), // vowels that follow
  span(0x2000, 0x206f), // spaces, direction marks, joiners
  span(0x3040, 0x30ff),
  span(0x4e00, 0x9fff),
  span(0xac00, 0xd7a3),
  span(0xe000, 0xe0ff), // private
  span(0xfe00, 0xfe0f), // variation selectors
  span(0xff01, 0xffee), // full width
  span(0x1f300, 0x1faff), // emoji
  span(0x20000, 0x2fa1d), // beyond the basic plane
  span(0xe0000, 0xe007f), // tags
  oneOf(
    "%",
    "%2",
    "%zz",
    "%00",
    "%ff%fe",
    "+",
    "&",
    "=",
    "#",
    ";",
    "\\",
    "/",
    "..",
    '"',
    "'",
    "(",
    ")",
    "[",
    "]",
  ),
  oneOf(
    "intitle:",
    "inauthor:",
    "isbn:",
    "key:/works/OL1W",
    " AND ",
    " by ",
    ", ",
    ": ",
    " (A, #1)",
    "J. R. R. ",
    "9780441172719",
  ),
  oneOf(
    "the ",
    "dune ",
    "e\u0301",
    "\ufeff",
    "\u0000",
    "\u202e",
    "\ud83d\udc69\u200d\ud83d\ude80",
    "ﬁ",
    "ǅ",
    "İ",
    "ß",
  ),
];

function text(roll) {
  const kinds = roll(3) === 0 ? KINDS : [KINDS[roll(KINDS.length)], KINDS[roll(KINDS.length)]];
  const length = [roll(4), roll(20), roll(120), 500][roll(4)];
  const made = Array.from({ length }, () => kinds[roll(kinds.length)](roll)).join("");
  return [...made].slice(0, 500).join("");
}

describe("any text of up to 500 characters", () => {
  let stack;
  before(async () => {
    stack = await startProxy({
      emulators: { args: ["--google-daily", "100000"] },
      vars: { proxy: UNPACED },
    });
    await stack.emulators.settings({ pace: false });
  });
  after(() => stack?.stop());

  test("is answered by every public route, and never by a 5xx", async (t) => {
    const roll = dice(20261121);
    const paths = [];
    for (let n = 0; n < TEXTS; n += 1) {
      const [one, other] = [text(roll), text(roll)];
      // Every fifth text is not encoded, so that its percent signs are decoded.
      const raw = n % 5 === 0 ? one.replace(/[\s#?\\]/gu, "") : encodeURIComponent(one);
      paths.push(
        `/search/auto?q=${raw}`,
        `/search/isbn?isbn=${raw}`,
        `/search/title?title=${raw}`,
        `/search/author?author=${raw}`,
        `/search/advanced?title=${raw}&author=${encodeURIComponent(other)}`,
        `/books/v1/volumes?q=${raw}`,
        `/books/v1/volumes/${encodeURIComponent(one)}`,
        `/books/v1/volumes/g-${encodeURIComponent(one)}`,
        `/author/${encodeURIComponent(one)}`,
        `/book/${encodeURIComponent(one)}`,
      );
    }
    const statuses = {};
    const queue = paths.values();
    const work = async () => {
      for (const path of queue) {
        const answer = await ask(stack, path);
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        assert.ok(
          [200, 400, 404].includes(answer.status),
          `${JSON.stringify(path)}: ${answer.status} ${answer.text.slice(0, 300)}`,
        );
        assert.doesNotThrow(() => answer.json(), path);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    t.diagnostic(JSON.stringify(statuses));
    assert.ok(statuses[200] > 100, "most texts are searched for");
  });
});
