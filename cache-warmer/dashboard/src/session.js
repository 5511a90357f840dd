// The admin token, from the link that the tools print or typed; stored for this tab only.

const KEY = "token";

/** Removes the token from the address, so that history and screenshots do not show it. */
export function takeFromAddress() {
  const sent = new URLSearchParams(location.hash.slice(1)).get("token");
  if (sent === null) return false;
  history.replaceState(null, "", location.pathname + location.search);
  keep(sent);
  return true;
}

export const token = () => sessionStorage.getItem(KEY) ?? "";

/** @param {string} text */
export const keep = (text) => sessionStorage.setItem(KEY, text.trim());

export const forget = () => sessionStorage.removeItem(KEY);
