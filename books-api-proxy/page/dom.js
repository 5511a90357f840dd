// Nodes from data. Text goes in as text, never as markup, whatever a file or a provider says.

/** @typedef {Node | string | number | null | undefined | false} Child */

/** What nodes hold: what is not there is left out. @param {Child[]} children @returns {(Node | string)[]} */
const present = (children) =>
  children
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));

/**
 * An element with attributes and children. A function under `onclick` and the like becomes a listener.
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

/** Replaces what a node holds. @param {Element} node @param {Child[]} children */
export function fill(node, ...children) {
  node.replaceChildren(...present(children));
}

/**
 * Replaces what a node holds, if it looks different: what is the same stays, with its focus and its selection.
 *
 * @param {Element} node
 * @param {Child[]} children
 */
export function refill(node, ...children) {
  const next = document.createElement(node.tagName);
  next.append(...present(children));
  if (next.innerHTML !== node.innerHTML) node.replaceChildren(...next.childNodes);
}

/** Sets a text that may be the same. @param {Node} node @param {string} text */
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
 * A table that scrolls by itself, reachable with the keyboard.
 *
 * @param {string} caption
 * @param {string[]} head
 * @param {Child[][]} rows
 * @param {number[]} [numbers] columns of figures
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
 * A button that does something which may fail, and cannot be pressed twice meanwhile.
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
