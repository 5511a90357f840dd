// Makes nodes from data. Text from files and providers is never parsed as markup.

/** @typedef {Node | string | number | null | undefined | false} Child */

/** The children as nodes and texts, without the absent ones. @param {Child[]} children @returns {(Node | string)[]} */
const present = (children) =>
  children
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));

/**
 * An element with attributes and children. A function as `onclick` or another `on…` becomes a
 * listener.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [attributes]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...present(children));
  return node;
}

/** An element of SVG. @param {string} tag @param {Record<string, string | number>} attributes @param {Child[]} children */
export function svg(tag, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...present(children));
  return node;
}

/** The element with an id of the page. @param {string} id @returns {any} */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no #${id}`);
  return node;
}

/** Replaces the children of a node. @param {Element} node @param {Child[]} children */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
}

/**
 * Replaces the children of a node if their markup differs. Equal children keep focus and selection.
 *
 * @param {Element} node
 * @param {Child[]} children
 */
export function refill(node, ...children) {
  const next = document.createElement(node.tagName);
  next.append(...present(children));
  if (next.innerHTML !== node.innerHTML) node.replaceChildren(...next.childNodes);
}

/** Sets a text, unless it is the same. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Rows of a description list. @param {[string, Child][]} pairs @param {Record<string, any>} [attributes] */
export function facts(pairs, attributes = { class: "facts" }) {
  const present = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el(
    "dl",
    attributes,
    ...present.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );
}

/**
 * A table in a scrollable region that the keyboard reaches.
 *
 * @param {string} caption
 * @param {string[]} head
 * @param {Child[][]} rows
 * @param {number[]} [numbers] columns of numbers
 */
export function table(caption, head, rows, numbers = []) {
  const cell = (/** @type {Child} */ value, /** @type {number} */ at) =>
    el(at === 0 ? "th" : "td", { scope: at === 0 && "row", class: numbers.includes(at) && "number" }, value);
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", { class: "hidden" }, caption),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ...head.map((name, at) =>
            el("th", { scope: "col", class: numbers.includes(at) && "number" }, name),
          ),
        ),
      ),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map(cell)))),
    ),
  );
}

/**
 * A button for an action that may fail; disabled while the action runs.
 *
 * @param {string} label
 * @param {() => unknown} action
 * @param {(error: unknown) => void} failed
 * @param {string} [kind]
 */
export function button(label, action, failed, kind = "plain") {
  const node = el("button", { type: "button", class: kind }, label);
  node.addEventListener("click", async () => {
    node.disabled = true;
    try {
      await action();
    } catch (error) {
      failed(error);
    } finally {
      node.disabled = false;
    }
  });
  return node;
}
