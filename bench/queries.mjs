// What queries fetch: `node queries.mjs SIDE SCRIPT FOLDER`, queries as JSON on standard input.
//
// Each query is the first one of a fresh page, then the second one of the page that asked the query
// before it. Ten results are shown. Bytes are those of the files' contents, the script's not counted.
import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";

const [, , side, script, folder] = process.argv;
const spent = { bytes: 0, requests: 0 };

globalThis.fetch = async (url, { headers } = {}) => {
  const file = openSync(join(folder, url.split("?")[0]), "r");
  const { size } = fstatSync(file);
  const range = /^bytes=(\d+)-(\d+)$/.exec(headers?.Range ?? "");
  const start = range ? Number(range[1]) : 0;
  const content = Buffer.alloc((range ? Math.min(Number(range[2]) + 1, size) : size) - start);
  readSync(file, content, 0, content.length, start);
  closeSync(file);
  spent.bytes += content.length;
  spent.requests += 1;
  const named = { "Content-Type": "application/wasm", "Content-Range": `bytes ${start}-${start + content.length - 1}/${size}` };
  return new Response(content, { status: range ? 206 : 200, headers: named });
};

const module = await import(script);

/** The search of a page just opened: a query -> how many results are shown. */
const PAGES = {
  ours: () => {
    const engine = new module.Engine();
    return async ({ text, filters }) => (await (await engine.search(text, filters)).more(10)).length;
  },
  pagefind: () => {
    const engine = module.createInstance({ basePath: "/pagefind/" });
    let begun = null;
    return async ({ text }) => {
      await (begun ??= engine.init("id"));
      const { results } = await engine.search(text);
      return (await Promise.all(results.slice(0, 10).map((one) => one.data()))).length;
    };
  },
};

async function cost(page, query) {
  Object.assign(spent, { bytes: 0, requests: 0 });
  const results = await page(query);
  return { ...spent, results };
}

const queries = JSON.parse(readFileSync(0, "utf8"));
const found = [];
for (const [place, query] of queries.entries()) {
  const page = PAGES[side]();
  const following = queries[(place + 1) % queries.length];
  found.push({ kind: query.kind, when: "first", ...(await cost(page, query)) });
  found.push({ kind: following.kind, when: "later", ...(await cost(page, following)) });
}
console.log(JSON.stringify(found));
process.exit(); // whatever an engine still waits for
