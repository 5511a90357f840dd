// Bundles the dashboard into build/, which the warmer's wrangler config serves as static assets.

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

/** Bytes of the whole page, gzipped. */
const MAX_BYTES = 60 * 1024;

const here = import.meta.dirname;
const out = path.join(here, "build");

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
await build({
  entryPoints: { dashboard: path.join(here, "src/main.js") },
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
await build({
  entryPoints: [path.join(here, "styles/dashboard.css")],
  outdir: out,
  bundle: true,
  minify: true,
  external: ["/spines.svg"],
  logLevel: "warning",
});
cpSync(path.join(here, "index.html"), path.join(out, "index.html"));
cpSync(path.join(here, "public"), out, { recursive: true });
cpSync(path.join(here, "../../openapi/cache-warmer.json"), path.join(out, "openapi.json"));

const files = readdirSync(out).filter((name) => name !== "_headers" && name !== "openapi.json");
const bytes = files.map((name) => gzipSync(readFileSync(path.join(out, name))).length);
const total = bytes.reduce((sum, one) => sum + one, 0);
console.log(
  `dashboard: ${total} bytes gzipped (${files.map((name, at) => `${name} ${bytes[at]}`).join(", ")})`,
);
if (total > MAX_BYTES) throw new Error(`the dashboard has more than ${MAX_BYTES} bytes gzipped`);
