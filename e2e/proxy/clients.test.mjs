// Google's own library as a client of the proxy.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { eventually } from "../harness/support.mjs";
import { ask, startProxy } from "./support.mjs";

const PYTHON = process.env.GOOGLE_CLIENT_PYTHON ?? "python3";
const hasGoogleClient = () => spawnSync(PYTHON, ["-c", "import googleapiclient.discovery"]).status === 0;

const CLIENT = `
import json, sys
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
books = build("books", "v1", static_discovery=True, developerKey="a-client-key",
              client_options={"api_endpoint": sys.argv[1]})
volumes = books.volumes()
request = volumes.list(q="inauthor:tolkien", maxResults=3)
first = request.execute()
pages = [first]
second = volumes.list(q="inauthor:tolkien", maxResults=3, startIndex=3).execute()
one = volumes.get(volumeId=first["items"][0]["id"]).execute()
errors = []
for call in (volumes.list(q=" "), volumes.get(volumeId="unknown")):
    try:
        call.execute()
    except HttpError as error:
        errors.append([error.status_code, error.reason])
print(json.dumps({"first": first, "second": second, "one": one, "errors": errors}))
`;

test("google-api-python-client reads lists, pages, volumes and errors", async (t) => {
  if (!hasGoogleClient()) return t.skip(`google-api-python-client is not installed for ${PYTHON}`);
  const stack = await startProxy();
  try {
    // Pages are compared here, and a late provider would change the order of the entry.
    let seen;
    await eventually("every provider is in the entry", async () => {
      const before = seen;
      seen = (await ask(stack, "/books/v1/volumes?q=inauthor:tolkien")).text;
      await sleep(1_000);
      return seen === before;
    });
    const text = execFileSync(PYTHON, ["-c", CLIENT, stack.urls.proxy], {
      encoding: "utf8",
      timeout: 60_000,
    });
    const { first, second, one, errors } = JSON.parse(text);
    assert.equal(first.kind, "books#volumes");
    assert.equal(first.items.length, 3);
    assert.ok(first.totalItems > 3);
    const ids = [...first.items, ...second.items].map((item) => item.id);
    assert.equal(new Set(ids).size, ids.length);
    // The look-up by ISBN may have more fields than the search.
    assert.equal(one.id, first.items[0].id);
    assert.equal(one.volumeInfo.title, first.items[0].volumeInfo.title);
    assert.deepEqual(errors, [
      [400, "q: must not be empty"],
      [404, "no volume has this id"],
    ]);
    const logged = JSON.stringify(await stack.logs());
    assert.ok(!logged.includes("a-client-key"), "a client's key is not logged");
  } finally {
    await stack.stop();
  }
});
