// Makes the TypeScript types of each description, or with --check reports the files that differ from
// their description.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import openapiTS, { astToString } from "openapi-typescript";

const folder = import.meta.dirname;
const isCheck = process.argv.includes("--check");

for (const name of ["books-api-proxy", "cache-warmer", "isbndb-worker"]) {
  const document = JSON.parse(readFileSync(path.join(folder, `${name}.json`), "utf8"));
  const types = `// Made by openapi/types.mjs from ${name}.json.\n\n${astToString(await openapiTS(document))}`;
  const file = path.join(folder, `${name}.d.ts`);
  if (!isCheck) {
    writeFileSync(file, types);
  } else if (readFileSync(file, "utf8") !== types) {
    console.error(`openapi/${name}.d.ts differs from ${name}.json: npm run types -w openapi`);
    process.exitCode = 1;
  }
}
