// The named entrypoint for your own Workers: bind it with `entrypoint = "Bibliography"` and `props
// = { caller = "…" }`. wasm-bindgen's classes do not extend WorkerEntrypoint; this class does.

import { WorkerEntrypoint } from "cloudflare:workers";
import IsbndbWorker from "./index.js";

export class Bibliography extends WorkerEntrypoint {
  /** A page of an author's books: options { page, pageSize, language }. */
  author(name, options = {}, context = {}) {
    return this.#call({ ...options, method: "author", name, context });
  }

  /** One edition. */
  book(isbn, context = {}) {
    return this.#call({ method: "book", isbn, context });
  }

  /** Up to 1,000 editions: { found, missing, failed, … }. */
  books(isbns, context = {}) {
    return this.#call({ method: "books", isbns, context });
  }

  /** The units left of the day. */
  quota(context = {}) {
    return this.#call({ method: "quota", context });
  }

  /** `context` is { traceparent, deadlineMs, requestId, background }, each optional. */
  async #call(call) {
    const text = await new IsbndbWorker(this.ctx, this.env).rpc(JSON.stringify(call));
    const { status, body } = JSON.parse(text);
    if (status < 400) return body;
    const { errorCode = "INTERNAL", detail = `status ${status}`, retryAfterMs } = body ?? {};
    // The message begins with the code: RPC may lose an error's own members.
    const error = new Error(`${errorCode}: ${detail}`);
    throw Object.assign(error, { code: errorCode, status, retryAfterMs });
  }
}
