// Light, dark, or the system's theme; stored in this browser.

import { byId, setText } from "../../../books-api-proxy/page/dom.js";

const KEY = "theme";
const CHOICES = ["automatic", "light", "dark"];

/** @param {string} choice */
function apply(choice) {
  const root = document.documentElement;
  if (choice === "automatic") delete root.dataset.theme;
  else root.dataset.theme = choice;
  setText(byId("theme"), `Theme: ${choice}`);
}

export function start() {
  let at = Math.max(0, CHOICES.indexOf(localStorage.getItem(KEY) ?? ""));
  apply(CHOICES[at]);
  byId("theme").addEventListener("click", () => {
    at = (at + 1) % CHOICES.length;
    localStorage.setItem(KEY, CHOICES[at]);
    apply(CHOICES[at]);
  });
}
