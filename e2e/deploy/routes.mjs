// The routes of Cloudflare's API that a deployment calls, over an account in memory.

import { randomUUID } from "node:crypto";

import { newId, Refused } from "./account.mjs";

/** A page of a list, with its place in the envelope. */
function page(items, { query }) {
  const number = Number(query.get("page") ?? 1);
  const size = Number(query.get("per_page") ?? 20);
  const part = items.slice((number - 1) * size, number * size);
  return {
    result: part,
    result_info: { page: number, per_page: size, count: part.length, total_count: items.length },
  };
}

const queueBody = ({ id, name, consumers }) => ({ queue_id: id, queue_name: name, consumers });

const secretBody = ([name, { id, scopes }]) => ({ id, name, scopes, status: "active" });

const versionBody = ({ id, number, metadata }) => ({
  id,
  number,
  startup_time_ms: 3,
  metadata: { created_on: "2026-01-01T00:00:00Z", source: "wrangler", author_email: "person@example.org" },
  annotations: metadata.annotations ?? {},
  resources: {
    script: { etag: newId(), handlers: ["fetch"], last_deployed_from: "wrangler" },
    script_runtime: { compatibility_date: metadata.compatibility_date, usage_model: "standard" },
    bindings: metadata.bindings,
  },
});

const deploymentBody = ({ id, version, annotations }) => ({
  id,
  source: "wrangler",
  strategy: "percentage",
  author_email: "person@example.org",
  created_on: "2026-01-01T00:00:00Z",
  versions: [{ version_id: version, percentage: 100 }],
  annotations,
});

function deploy(script, version, annotations = {}) {
  const deployment = { id: randomUUID(), version, annotations };
  script.deployments.push(deployment);
  return deploymentBody(deployment);
}

async function uploadOf({ headers, body }) {
  const form = await new Response(body, { headers }).formData();
  const modules = new Map();
  let metadata;
  for (const [name, part] of form) {
    const text = typeof part === "string";
    if (name === "metadata") metadata = JSON.parse(text ? part : await part.text());
    else if (!text) modules.set(name, { type: part.type, bytes: Buffer.from(await part.arrayBuffer()) });
  }
  return { metadata, modules };
}

/**
 * Routes below `/accounts/ID`: each gets the account, the request, and the values of the `:` parts
 * of its path.
 */
const ROUTES = {
  "GET /storage/kv/namespaces": (account, request) =>
    page(
      [...account.namespaces].map(([title, id]) => ({ id, title })),
      request,
    ),
  "POST /storage/kv/namespaces": (account, { json }) => ({ result: account.createNamespace(json.title) }),
  "DELETE /storage/kv/namespaces/:": (account, _, id) => account.deleteNamespace(id),

  "GET /r2/buckets/:": (account, _, name) => ({ result: { name, objects: account.bucket(name).size } }),
  "POST /r2/buckets": (account, { json }) => ({ result: account.createBucket(json.name) }),
  "DELETE /r2/buckets/:": (account, _, name) => account.deleteBucket(name),
  "GET /r2/buckets/:/objects": (account, { query }, name) => {
    const keys = [...account.bucket(name).keys()].slice(0, Number(query.get("per_page") ?? 20));
    return { result: keys.map((key) => ({ key })) };
  },
  "PUT /r2/buckets/:/objects/*": (account, { body }, name, key) => {
    account.bucket(name).set(decodeURIComponent(key), body.length);
    return { result: { key } };
  },
  "DELETE /r2/buckets/:/objects/*": (account, _, name, key) => {
    account.bucket(name).delete(decodeURIComponent(key));
  },

  "GET /queues": (account, request) => {
    const names = request.query.getAll("name");
    const wanted = [...account.queues.values()].filter(
      ({ name }) => names.length === 0 || names.includes(name),
    );
    return page(wanted.map(queueBody), request);
  },
  "POST /queues": (account, { json }) => ({ result: queueBody(account.createQueue(json.queue_name)) }),
  "DELETE /queues/:": (account, _, id) => {
    account.queues.delete(account.queueById(id).name);
  },
  "GET /queues/:/consumers": (account, _, id) => ({ result: account.queueById(id).consumers }),
  "POST /queues/:/consumers": (account, { json }, id) => {
    const queue = account.queueById(id);
    if (queue.consumers.length > 0) throw new Refused(409, 11004, "Queue already has a consumer.");
    queue.consumers.push({ ...json, consumer_id: newId(), script: json.script_name });
    return { result: queue.consumers[0] };
  },
  "PUT /queues/:/consumers/:": (account, { json }, id) => {
    Object.assign(account.queueById(id).consumers[0] ?? {}, json);
  },
  "GET /event_notifications/r2/:/configuration": (account, _, bucket) => {
    const rules = account.rules.get(bucket) ?? [];
    if (rules.length === 0) throw new Refused(404, 11015, "no event notification configuration");
    const queues = rules.map(({ queue, ...rule }) => ({
      queueId: account.queues.get(queue)?.id,
      queueName: queue,
      rules: [rule],
    }));
    return { result: { bucketName: bucket, queues } };
  },
  "PUT /event_notifications/r2/:/configuration/queues/:": (account, { json }, bucket, queue) =>
    account.addRules(bucket, queue, json.rules),
  "DELETE /event_notifications/r2/:/configuration/queues/:": (account, _, bucket, queue) => {
    const { name } = account.queueById(queue);
    const rules = account.rules.get(bucket) ?? [];
    account.rules.set(
      bucket,
      rules.filter((rule) => rule.queue !== name),
    );
  },

  "GET /secrets_store/stores": (account, request) => {
    const { store } = account;
    return page(store ? [{ id: store.id, name: store.name }] : [], request);
  },
  "POST /secrets_store/stores": (account, { json }) => ({ result: account.createStore(json.name) }),
  "GET /secrets_store/stores/:/secrets": (account, request, store) =>
    page([...account.secretsOf(store)].map(secretBody), request),
  "POST /secrets_store/stores/:/secrets": (account, { json }, store) => ({
    result: json.map((secret) => account.createSecret(store, secret)),
  }),

  "GET /workers/subdomain": (account) => {
    if (!account.subdomain) throw new Refused(404, 10007, "You do not have a workers.dev subdomain.");
    return { result: { subdomain: account.subdomain } };
  },
  "PUT /workers/subdomain": (account, { json }) => {
    account.subdomain = json.subdomain;
    return { result: { subdomain: json.subdomain } };
  },
  "GET /workers/services/:": (account, _, name) => {
    const script = account.scripts.get(name);
    if (!script) throw new Refused(404, 10090, "workers.api.error.service_not_found");
    const { tag, migrationTag } = script;
    const about = { id: name, tag, tags: [], migration_tag: migrationTag, last_deployed_from: "wrangler" };
    return { result: { id: name, default_environment: { environment: "production", script: about } } };
  },
  "GET /workers/services": () => ({ result: [] }),
  "DELETE /workers/services/:": (account, { query }, name) =>
    account.deleteScript(name, query.get("force") === "true"),
  "POST /workers/scripts/:/assets-upload-session": (account, { json }) => {
    const hashes = [...new Set(Object.values(json.manifest).map(({ hash }) => hash))];
    const missing = hashes.filter((hash) => !account.assets.has(hash));
    return { result: { jwt: account.assetToken(json.manifest), buckets: missing.length ? [missing] : [] } };
  },
  "POST /workers/assets/upload": async (account, { headers, body }) => {
    const form = await new Response(body, { headers }).formData();
    for (const [hash, part] of form) {
      const text = typeof part === "string" ? part : await part.text();
      account.assets.set(hash, Buffer.from(text, "base64"));
    }
    return { result: { jwt: headers.authorization.replace("Bearer ", "") } };
  },
  "GET /workers/scripts": (account) => ({ result: [...account.scripts.keys()].map((id) => ({ id })) }),
  "PUT /workers/scripts/:": async (account, request, name) => {
    const { metadata, modules } = await uploadOf(request);
    const { script, version } = account.upload(name, metadata, modules);
    deploy(script, version.id, metadata.annotations);
    const deployment_id = version.id.replaceAll("-", "");
    return { result: { id: name, etag: newId(), tag: script.tag, deployment_id, startup_time_ms: 3 } };
  },
  "POST /workers/scripts/:/versions": async (account, request, name) => {
    account.script(name);
    const { metadata, modules } = await uploadOf(request);
    return { result: versionBody(account.upload(name, metadata, modules).version) };
  },
  "GET /workers/scripts/:/versions/:": (account, _, name, id) => {
    const version = account.script(name).versions.find((version) => version.id === id);
    if (!version) throw new Refused(404, 10026, "version not found");
    return { result: versionBody(version) };
  },
  "GET /workers/scripts/:/deployments": (account, _, name) => ({
    result: { deployments: account.script(name).deployments.map(deploymentBody).reverse() },
  }),
  "POST /workers/scripts/:/deployments": (account, { json }, name) => ({
    result: deploy(account.script(name), json.versions[0].version_id, json.annotations),
  }),
  "GET /workers/scripts/:/settings": (account, _, name) => {
    const { metadata } = account.script(name).versions.at(-1);
    return { result: { bindings: metadata.bindings, compatibility_date: metadata.compatibility_date } };
  },
  "PATCH /workers/scripts/:/script-settings": (account, { json }, name) => ({
    result: Object.assign(account.script(name).settings, json),
  }),
  "GET /workers/scripts/:/secrets": (account, _, name) => ({
    result: [...account.script(name).secrets.keys()].map((name) => ({ name, type: "secret_text" })),
  }),
  "GET /workers/scripts/:/subdomain": (account, _, name) => ({ result: account.script(name).subdomain }),
  "POST /workers/scripts/:/subdomain": (account, { json }, name) => ({
    result: Object.assign(account.script(name).subdomain, json),
  }),
  "GET /workers/workers/:": (account, _, name) => {
    const { tag, subdomain } = account.script(name);
    return { result: { id: tag, name, subdomain, observability: {}, tags: [] } };
  },
  "POST /workers/scripts/:/tails": (account, { headers }, name) => {
    account.script(name);
    return {
      result: { id: newId(), url: `ws://${headers.host}/tail/${name}`, expires_at: "2099-01-01T00:00:00Z" },
    };
  },
  "DELETE /workers/scripts/:/tails/:": () => {},
  "GET /workers/scripts/:/schedules": (account, _, name) => ({
    result: { schedules: account.script(name).schedules },
  }),
  "PUT /workers/scripts/:/schedules": (account, { json }, name) => {
    account.setSchedules(name, json);
    return { result: { schedules: json } };
  },
};

const TABLE = Object.entries(ROUTES).map(([route, answer]) => {
  const [method, path] = route.split(" ");
  const pattern = path.replaceAll(":", "([^/]+)").replace("*", "(.+)");
  return { method, pattern: new RegExp(`^${pattern}$`), answer };
});

/** The route of a request below `/accounts/ID`, with the parts of its path. */
export function routeOf(method, path) {
  for (const { method: own, pattern, answer } of TABLE) {
    const parts = own === method ? pattern.exec(path) : null;
    if (parts) return { answer, parts: parts.slice(1) };
  }
  return undefined;
}
