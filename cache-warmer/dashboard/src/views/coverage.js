// Coverage over time: the verified percentages as a line and as a table.

import { el, svg, table } from "../../../../books-api-proxy/page/dom.js";
import { day, moment, number } from "../../../../books-api-proxy/page/format.js";

const WIDTH = 600;
const HEIGHT = 120;
const LEFT = 40;
const BOTTOM = 18;

/** @param {import("../types").Coverage} coverage */
const share = ({ asked, warm }) => (asked ? (warm * 100) / asked : 0);

/** @param {number} percent */
const shown = (percent) => `${percent === 100 ? 100 : Math.min(99.9, Math.round(percent * 10) / 10)} %`;

/** @param {import("../types").Coverage[]} latestFirst */
export function coverageView(latestFirst) {
  const all = [...latestFirst].reverse();
  const first = all[0];
  const last = all[all.length - 1];
  if (!last) return null;
  const since = first.atMs;
  const length = Math.max(1, last.atMs - since);
  const x = (/** @type {number} */ ms) =>
    all.length === 1 ? WIDTH - 8 : LEFT + ((ms - since) * (WIDTH - LEFT - 8)) / length;
  const y = (/** @type {number} */ percent) => 8 + ((100 - percent) * (HEIGHT - BOTTOM - 8)) / 100;
  const points = all.map((one) => `${x(one.atMs).toFixed(1)},${y(share(one)).toFixed(1)}`);
  const text =
    all.length === 1
      ? `${shown(share(last))} of it was warm at the verification of ${moment(last.atMs)}.`
      : `${shown(share(last))} of it was warm on ${day(last.atMs)}, ${shown(share(first))} on ${day(first.atMs)}; the least was ${shown(Math.min(...all.map(share)))}.`;
  return el(
    "figure",
    { class: "coverage stack" },
    el("figcaption", {}, `Coverage. ${text}`),
    all.length > 1 &&
      svg(
        "svg",
        { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Coverage over time: ${text}` },
        ...[0, 50, 100].flatMap((percent) => [
          svg("line", { class: "grid", x1: LEFT, x2: WIDTH - 8, y1: y(percent), y2: y(percent) }),
          svg("text", { x: LEFT - 6, y: y(percent) + 4, "text-anchor": "end" }, `${percent} %`),
        ]),
        svg("polygon", {
          class: "area",
          points: `${x(first.atMs)},${y(0)} ${points.join(" ")} ${x(last.atMs)},${y(0)}`,
        }),
        svg("polyline", { class: "curve", points: points.join(" ") }),
        svg("circle", { cx: x(last.atMs), cy: y(share(last)), r: 4 }),
        svg("text", { x: LEFT, y: HEIGHT - 3 }, day(first.atMs)),
        svg("text", { x: WIDTH - 8, y: HEIGHT - 3, "text-anchor": "end" }, day(last.atMs)),
      ),
    el(
      "details",
      {},
      el("summary", {}, "As a table"),
      table(
        "Verifications, the latest first",
        ["When", "Warm", "Expiring within a day", "Missing, asked for again"],
        latestFirst.map((one) => [
          moment(one.atMs),
          `${number(one.warm)} of ${number(one.asked)}`,
          number(one.expiring),
          number(one.missing),
        ]),
        [1, 2, 3],
      ),
    ),
  );
}
