// Serves a folder by the rules that Netlify documents, read by Netlify's own parsers and matched by its
// own matcher (npm). What Netlify's servers do by themselves (packing, parts, tags) is left out: no
// rule of ours speaks of it. `node server.mjs FOLDER PORT`; a folder replaced is another deploy.
import { readFile, realpath } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

import { parseAllHeaders } from "@netlify/headers-parser";
import { parseAllRedirects } from "@netlify/redirect-parser";
import redirector from "netlify-redirector";

const [folder, port] = process.argv.slice(2);
const TYPES = {
  ".html": "text/html; charset=UTF-8",
  ".css": "text/css; charset=UTF-8",
  ".js": "application/javascript; charset=UTF-8",
  ".json": "application/json",
  ".xml": "application/xml",
  ".txt": "text/plain; charset=UTF-8",
};
// Of the deploy, never served.
const RULES = ["/_headers", "/_redirects"];
const deploys = new Map();

async function rulesOf(root) {
  if (!deploys.has(root)) {
    const { headers, errors } = await parseAllHeaders({ headersFiles: [join(root, "_headers")] });
    const read = { redirectsFiles: [join(root, "_redirects")] };
    const { redirects, errors: others } = await parseAllRedirects(read);
    const problems = [...errors, ...others].map(String);
    if (problems.length) throw new Error(problems.join("\n"));
    const matcher = await redirector.parseJSON(JSON.stringify(redirects), {});
    deploys.set(root, { headers, matcher });
  }
  return deploys.get(root);
}

const read = (root, path) => readFile(join(root, path)).catch(() => null);

// Headers of all rules that match are sent; a name in two of them is joined.
function headersFor(rules, path) {
  const found = {};
  for (const { forRegExp, values } of rules.filter((rule) => rule.forRegExp.test(path))) {
    for (const [name, value] of Object.entries(values)) {
      found[name] = name in found ? `${found[name]}, ${value}` : value;
    }
  }
  return found;
}

async function answer(root, url, host) {
  const { headers, matcher } = await rulesOf(root);
  const path = normalize(decodeURIComponent(url.pathname));
  const page = path.endsWith("/") ? `${path}index.html` : path;
  const body = RULES.includes(path) ? null : await read(root, page);
  if (body) {
    const type = { "Content-Type": TYPES[extname(page)] ?? "application/octet-stream" };
    return { status: 200, headers: { ...type, ...headersFor(headers, path) }, body };
  }
  // “Pretty URLs”: a folder is where its last slash is.
  if (!path.endsWith("/") && (await read(root, `${path}/index.html`))) {
    return { status: 301, headers: { Location: `${url.pathname}/${url.search}` }, body: "" };
  }
  const request = { scheme: "https", host, path: url.pathname, query: url.search.slice(1) };
  const rule = matcher.match({ ...request, getHeader: () => "", getCookie: () => "" });
  if (rule && rule.status >= 300 && rule.status < 400) {
    const Location = rule.to;
    const link = `<a href="${Location}">${Location}</a>`;
    return { status: rule.status, headers: { Location, "Content-Type": TYPES[".html"] }, body: link };
  }
  const [status, error] = rule ? [rule.status, rule.to] : [404, "/404.html"];
  const type = { "Content-Type": TYPES[".html"] };
  const whole = (await read(root, error)) ?? "";
  return { status, headers: { ...type, ...headersFor(headers, path) }, body: whole };
}

createServer(async (request, response) => {
  let found;
  try {
    const url = new URL(`https://site${request.url.replace(/^\/+/, "/")}`);
    found = await answer(await realpath(folder), url, request.headers.host ?? "");
  } catch (error) {
    const broken = error instanceof URIError || error.code === "ERR_INVALID_URL";
    found = { status: broken ? 400 : 500, headers: {}, body: String(error) };
  }
  response.writeHead(found.status, {
    ...found.headers,
    Server: "Netlify",
    "X-Nf-Request-Id": "01J0",
    "Content-Length": Buffer.byteLength(found.body),
  });
  response.end(request.method === "HEAD" ? undefined : found.body);
}).listen(Number(port), "127.0.0.1");
