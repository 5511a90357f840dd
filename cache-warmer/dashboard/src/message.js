// The message line of the page; screen readers announce it.

import { byId, setText } from "../../../books-api-proxy/page/dom.js";

/** How long a success is shown. */
const SHOWN_MS = 8_000;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} text @param {"" | "wait" | "bad"} [kind] */
export function say(text, kind = "") {
  const node = byId("message");
  clearTimeout(timer);
  if (text && !kind) timer = setTimeout(say, SHOWN_MS, "");
  node.className = `notice ${kind}`;
  node.hidden = text === "";
  setText(node, text);
}

/** @param {unknown} error */
export const sayError = (error) => say(error instanceof Error ? error.message : String(error), "bad");

/**
 * Asks for confirmation of an action that cannot be undone.
 *
 * @param {string} title
 * @param {string} text
 * @param {string} yes the label of the confirming button
 * @returns {Promise<boolean>}
 */
export function confirmed(title, text, yes) {
  /** @type {HTMLDialogElement} */
  const dialog = byId("confirm");
  setText(byId("confirm-title"), title);
  setText(byId("confirm-text"), text);
  setText(byId("confirm-yes"), yes);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
