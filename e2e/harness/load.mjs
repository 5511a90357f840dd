// A load generator on raw sockets: its own CPU time must be small beside that of the Worker.

import { connect } from "node:net";

/** One keep-alive connection that repeats a request. */
class Connection {
  #socket;
  #request;
  #buffer = Buffer.alloc(0);
  #done;

  constructor(url, headers) {
    const { hostname, port, pathname, search } = new URL(url);
    const lines = Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
    this.#request = `GET ${pathname}${search} HTTP/1.1\r\nhost: ${hostname}\r\n${lines}\r\n`;
    this.#socket = connect(Number(port), hostname);
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#done?.reject(error));
  }

  ask() {
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject };
      this.#socket.write(this.#request);
    });
  }

  #take(chunk) {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    const end = this.#buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#buffer.toString("latin1", 0, end).toLowerCase();
    const length = /\r\ncontent-length: (\d+)/.exec(head);
    const whole = length
      ? this.#buffer.length >= end + 4 + Number(length[1])
      : this.#buffer.subarray(-5).equals(Buffer.from("0\r\n\r\n"));
    if (!whole) return;
    this.#buffer = Buffer.alloc(0);
    this.#done.resolve(head);
  }

  close() {
    this.#socket.destroy();
  }
}

/**
 * Requests a second over some time with a number of connections.
 *
 * @param {string} url
 * @param {{ headers?: Record<string, string>, connections?: number, ms?: number, expect?: string }} options
 */
export async function throughput(url, { headers = {}, connections = 1, ms = 1_000, expect } = {}) {
  const all = Array.from({ length: connections }, () => new Connection(url, headers));
  // A key whose minute in memory is over needs two hits to be in memory again.
  let heads = [];
  for (let n = 0; n < 3; n += 1) heads = await Promise.all(all.map((connection) => connection.ask()));
  for (const head of heads) {
    if (!/^http\/1\.1 200/.test(head) || (expect && !head.includes(expect.toLowerCase()))) {
      throw new Error(`${url} answered\n${head}`);
    }
  }
  let count = 0;
  const started = performance.now();
  await Promise.all(
    all.map(async (connection) => {
      while (performance.now() - started < ms) {
        await connection.ask();
        count += 1;
      }
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  all.forEach((connection) => connection.close());
  return count / seconds;
}

export const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
