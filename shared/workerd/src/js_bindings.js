// The runtime calls of every request, each made in one crossing between wasm and JavaScript: a
// crossing that is not in the processor's caches takes some microseconds, and a hit has only fifty.
// docs/CACHING.md has the figures.

// workerd's `queueMicrotask` wraps each callback in a new function object: 2 µs, and 25 µs with
// cold caches. A promise reaction does the same without it. An error must still reach the `error`
// listeners: worker-build's own listener starts a new instance of the wasm.
const done = Promise.resolve();
globalThis.queueMicrotask = (callback) => {
  done.then(callback).catch((error) => reportError(error));
};

/** Method, URL, then name and value of those of the named headers that exist, a line each. */
export function requestHead(request, names) {
  const { headers } = request;
  let text = `${request.method}\n${request.url}`;
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) text += `\n${name}\n${value}`;
  }
  return text;
}

/** Names and values of all headers, a line each. */
export function headerLines(headers) {
  const all = [];
  headers.forEach((value, name) => all.push(name, value));
  return all.join("\n");
}

/** The caller in the props of its service binding. */
export function callerFromProps(context) {
  const name = context.props?.caller;
  return typeof name === "string" ? name : undefined;
}

/** An answer, without the headers that cannot be sent. */
export function respond(status, lines, body) {
  try {
    return new Response(body, { status, headers: record(lines) });
  } catch {
    return new Response(body, { status, headers: sendable(lines) });
  }
}

/** A request without redirects, because one could carry a key to another host. */
export function request(url, method, lines, body, signal) {
  return new Request(url, { method, headers: record(lines), body, signal, redirect: "manual" });
}

/** Headers from names and values in turn, a line each. Throws on two cookies: they have no common value. */
function record(lines) {
  const all = lines.split("\n");
  const headers = {};
  for (let at = 0; at + 1 < all.length; at += 2) {
    const name = all[at];
    const value = all[at + 1];
    if (!Object.hasOwn(headers, name)) headers[name] = value;
    else if (name === "set-cookie") throw new TypeError("two cookies");
    else headers[name] += `, ${value}`;
  }
  return headers;
}

/** The same in the slow form, which holds two cookies, without the headers that cannot be sent. */
function sendable(lines) {
  const all = lines.split("\n");
  const headers = new Headers();
  for (let at = 0; at + 1 < all.length; at += 2) {
    try {
      headers.append(all[at], all[at + 1]);
    } catch {
      // A header that cannot be sent must not fail the answer.
    }
  }
  return headers;
}

/** The whole of a stream as an ArrayBuffer; null if it is longer than `max` bytes. */
export async function readStream(stream, max) {
  const reader = stream.getReader();
  const chunks = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > max) {
      // The sender may stop; the result of the cancellation does not matter.
      reader.cancel().catch(() => {});
      return null;
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole.buffer;
}

/** A value of KV with its metadata. */
export function getHot(env, binding, key) {
  return env[binding].getWithMetadata(key, "arrayBuffer");
}

/** Stores a value in KV. */
export function putHot(env, binding, key, value, expirationTtl, metadata) {
  return env[binding].put(key, value, { expirationTtl, metadata });
}

/** An object of R2 with one of its custom metadata, in the form of `getHot`, within a timeout. */
export function getCold(env, binding, key, name, ms) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, ms, "timeout");
    const end = (settle) => (result) => {
      clearTimeout(timer);
      settle(result);
    };
    read(env[binding], key, name).then(end(resolve), end(reject));
  });
}

async function read(bucket, key, name) {
  const object = await bucket.get(key);
  if (object === null) return { value: null };
  return { value: await object.arrayBuffer(), metadata: object.customMetadata?.[name] };
}
