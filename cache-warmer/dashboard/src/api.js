// Calls the warmer's routes with the token of this tab.

import { searchOf } from "../../../books-api-proxy/page/books.js";
import * as session from "./session.js";

/** An error answer, with the Worker's own text. */
export class ApiError extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 */
export async function call(path, init = {}) {
  let response;
  try {
    response = await fetch(path, { ...init, headers: { authorization: `Bearer ${session.token()}` } });
  } catch {
    throw new ApiError("The Worker cannot be reached. This page tries again by itself.", 0);
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(
    problem.detail ?? problem.title ?? `The Worker answered ${response.status}`,
    response.status,
  );
}

/** @returns {Promise<import("./types").Status>} */
export const status = async () => (await call("/status")).json();

/** Bytes of a file that a preview reads. */
const PREVIEW_BYTES = 512 * 1024;

/** @param {Blob} file @param {string} encoding @returns {Promise<import("./types").Preview>} */
export async function preview(file, encoding) {
  const query = new URLSearchParams({ size: String(file.size), encoding });
  return (await call(`/preview?${query}`, { method: "POST", body: file.slice(0, PREVIEW_BYTES) })).json();
}

/** @param {Blob} file @param {string} name @param {string} encoding @param {boolean} dryRun */
export async function upload(file, name, encoding, dryRun) {
  const query = new URLSearchParams({ name, encoding, dryRun: String(dryRun) });
  return (await call(`/upload?${query}`, { method: "POST", body: file })).json();
}

/** @param {string} id @param {string} command */
export const command = (id, command) =>
  call(`/jobs/${encodeURIComponent(id)}/${command}`, { method: "POST" });

/** All failed rows, in pieces. @param {string} id */
export async function failures(id) {
  const pieces = [];
  /** @type {string | undefined} */
  let next = "";
  while (next !== undefined) {
    const answer = await call(`/jobs/${encodeURIComponent(id)}/failures.csv${next}`);
    pieces.push(await answer.text());
    next = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
  }
  return pieces.join("");
}

/** The health of a Worker, also a bad one. @param {string} path @returns {Promise<import("./types").Health>} */
export async function health(path) {
  const response = await fetch(path, { headers: { authorization: `Bearer ${session.token()}` } });
  const body = await response.json();
  if (!body.worker || !body.storage)
    throw new ApiError(body.detail ?? "the Worker does not answer", response.status);
  return body;
}

/** Sends a search as a client of the proxy would. @param {string} q */
export const search = async (q) =>
  searchOf(await call(`/search?${new URLSearchParams({ q, maxResults: "12" })}`));
