// The one line in which the page says what happened; screen readers read it out.

import { byId, setText } from "../../../books-api-proxy/page/dom.js";

/** What went well is shown that long. */
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
 * Asks before something that cannot be taken back.
 *
 * @param {string} title
 * @param {string} text
 * @param {string} yes what the button says that does it
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
