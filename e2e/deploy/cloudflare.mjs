// Cloudflare's API on loopback, with the routes that wrangler and `cargo xtask deploy` call, with faults
// and a log; beside it the workers.dev addresses of the uploaded Workers.

import { createServer } from "node:http";

import { Account, Refused } from "./account.mjs";
import { routeOf } from "./routes.mjs";
import { Tails } from "./tail.mjs";
import { Uploaded } from "./uploaded.mjs";

const TOKEN = "emulated-api-token";

/** Starts an API with one account, or with the given ones. */
export async function startCloudflare({ accounts = [new Account()], vars = {} } = {}) {
  const cloudflare = new Cloudflare(accounts, vars);
  await cloudflare.listen();
  return cloudflare;
}

class Cloudflare {
  /** Every request: method, path below the account, status, code of a refusal. */
  log = [];
  #faults = [];
  #servers = [];
  #tails = new Tails();

  constructor(accounts, vars) {
    this.accounts = accounts;
    this.account = accounts[0];
    this.uploaded = new Uploaded(this.account, vars, this.#tails);
  }

  async listen() {
    const api = createServer((request, response) => void this.#answer(request, response));
    const origin = createServer((request, response) => void this.uploaded.answer(request, response));
    this.#servers = [api, origin];
    api.on("upgrade", (request, socket) => this.#tails.open(request, socket));
    for (const server of this.#servers)
      await new Promise((done) => server.listen(0, "127.0.0.1", () => done(null)));
    const [url, addresses] = this.#servers.map((server) => {
      const address = server.address();
      return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    });
    /** The address of a Worker, with `{name}` for its name. */
    this.addresses = `${addresses}/{name}`;
    this.env = { CLOUDFLARE_API_BASE_URL: `${url}/client/v4`, CLOUDFLARE_API_TOKEN: TOKEN };
  }

  /**
   * The next `times` requests of this method, below the account on a path that `path` matches, fail;
   * with `after` the change is made and only its answer is lost.
   */
  fail(method, path, { status = 500, code = 10013, times = 1, after = false } = {}) {
    this.#faults.push({ method, path, status, code, times, after });
  }

  /** Removes the faults that no request has met. */
  heal() {
    this.#faults = [];
  }

  /** Requests since an entry of the log that changed something. */
  writes(since = 0) {
    return this.log.slice(since).filter(({ method }) => method !== "GET");
  }

  #fault(method, path) {
    const fault = this.#faults.find((fault) => fault.method === method && fault.path.test(path));
    if (fault && --fault.times === 0) this.#faults = this.#faults.filter((other) => other !== fault);
    return fault;
  }

  async #answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url, "http://api");
    const path = url.pathname.replace("/client/v4", "");
    const entry = { method: request.method, path, status: 200, code: 0 };
    this.log.push(entry);
    let envelope;
    try {
      envelope = await this.#handle(
        request,
        path,
        { query: url.searchParams, headers: request.headers, body },
        entry,
      );
    } catch (thrown) {
      const error = /** @type {any} */ (thrown);
      entry.status = error instanceof Refused ? error.status : 500;
      entry.code = error instanceof Refused ? error.code : 10000;
      envelope = { success: false, errors: [{ code: entry.code, message: error.message }], result: null };
    }
    response.writeHead(entry.status, { "content-type": "application/json" });
    response.end(JSON.stringify({ success: true, errors: [], messages: [], result: null, ...envelope }));
  }

  async #handle({ method, headers }, path, request, entry) {
    // Assets are uploaded with the token of their session.
    const bearer = headers.authorization?.replace("Bearer ", "");
    const isAsset = this.accounts.some((account) => account.manifests.has(bearer));
    if (headers.authorization !== `Bearer ${TOKEN}` && !isAsset)
      throw new Refused(401, 10000, "Authentication error");
    const accounts = this.accounts.map(({ id, name }) => ({ id, name, type: "standard" }));
    switch (`${method} ${path}`) {
      case "GET /accounts":
        return { result: accounts, result_info: { page: 1, per_page: 50, total_count: accounts.length } };
      case "GET /memberships":
        return { result: accounts.map((account) => ({ id: account.id, account, status: "accepted" })) };
      case "GET /user":
        return { result: { id: "person", email: "person@example.org" } };
      case "GET /user/tokens/verify":
        return { result: { id: "token", status: "active" } };
    }
    const [, id, below = ""] = /^\/accounts\/([^/]+)(\/.*)?$/.exec(path) ?? [];
    const account = this.accounts.find((account) => account.id === id);
    if (!account) throw new Refused(404, 7003, `Could not route to ${path}`);
    if (below === "") return { result: accounts.find((account) => account.id === id) };
    /** @type {any} */
    const found = routeOf(method, below);
    if (!found) {
      entry.unknown = true;
      throw new Refused(404, 7003, `Could not route to ${method} ${path}`);
    }
    const fault = this.#fault(method, below);
    const refused = () => new Refused(fault.status, fault.code, "an error that the test ordered");
    if (fault && !fault.after) throw refused();
    const isJson = request.body.length > 0 && !/^multipart/.test(headers["content-type"] ?? "");
    const json = isJson ? parsed(request.body) : undefined;
    const answer = await found.answer(account, { ...request, json }, ...found.parts);
    if (fault) throw refused();
    return answer;
  }

  async stop() {
    this.#tails.stop();
    await this.uploaded.stop();
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  }
}

function parsed(body) {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}
