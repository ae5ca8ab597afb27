// Bundles the public site's assets, the CMS's GraphiQL and its uploads. Names stay plain: the builder hashes them.
// Runs after `npm ci`, by build.py (`make frontend`) or `npm run build`.
import { cp, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src");
const site = join(here, "..", "assets", "build");
const graphiql = join(here, "..", "..", "cms", "static_built", "graphiql");
const uploads = join(here, "..", "..", "cms", "static_built", "uploads");

const common = {
  bundle: true,
  minify: true,
  legalComments: "none",
  logLevel: "warning",
  logLimit: 5,
  metafile: true,
};

// Phones of 2019 and later; hls.js asks no more.
const target = ["chrome80", "firefox78", "safari15"];

async function fresh(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

async function buildSite() {
  await fresh(site);
  const results = await Promise.all([
    build({
      ...common,
      target,
      entryPoints: { site: join(source, "css", "site.css") },
      outdir: site,
    }),
    build({
      ...common,
      target,
      format: "esm",
      entryPoints: {
        site: join(source, "js", "site.js"),
        watch: join(source, "js", "watch.js"),
        hls: join(source, "js", "hls.js"),
        search: join(source, "js", "search", "search.js"),
        later: join(source, "js", "later.js"),
      },
      // Fetched when they are needed only; the builder rewrites these names to the hashed ones.
      external: ["./hls.js", "./later.js"],
      outdir: site,
    }),
    cp(join(source, "images"), site, { recursive: true }),
  ]);
  return results;
}

async function buildGraphiql() {
  await fresh(graphiql);
  return build({
    ...common,
    target: ["es2020"],
    format: "iife",
    define: { "process.env.NODE_ENV": '"production"' },
    entryPoints: { graphiql: join(source, "graphiql", "graphiql.jsx") },
    jsx: "automatic",
    loader: { ".woff2": "dataurl", ".woff": "dataurl", ".svg": "dataurl" },
    outdir: graphiql,
  });
}

async function buildUploads() {
  await fresh(uploads);
  return build({
    ...common,
    target,
    format: "iife",
    entryPoints: { uploads: join(source, "uploads", "uploads.js") },
    outdir: uploads,
  });
}

for (const result of [...(await buildSite()), await buildGraphiql(), await buildUploads()]) {
  for (const [name, output] of Object.entries(result?.metafile?.outputs ?? {})) {
    console.log(`${String(Math.ceil(output.bytes / 1000)).padStart(5)} kB  ${name}`);
  }
}
