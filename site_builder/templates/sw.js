{# Network first, always. It keeps pages that were read and the shell they need, never a recording.
   What it does not answer goes to the network past it: the announcement of an emergency above all. #}
{% set shell = ["/offline/", asset("site.css"), asset("site.js"), asset("icon.svg"), asset("icon-32.png")] %}
{% if has_asset("theme.css") %}
{% set shell = shell + [asset("theme.css")] %}
{% endif %}
const SHELL_FILES = {{ shell | json_ld }};
// Other files, other caches: a page is kept only as long as the style it was written for.
const SHELL = `policetube-shell ${SHELL_FILES.join(" ")}`;
const PAGES = `policetube-pages ${SHELL_FILES.join(" ")}`;
const OFFLINE = "/offline/";
const MOST_PAGES = 30;
const LONGEST = 7 * 24 * 60 * 60 * 1000;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL)
      .then((cache) => cache.addAll(SHELL_FILES.map((path) => new Request(path, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names
            .filter((name) => name.startsWith("policetube-") && name !== SHELL && name !== PAGES)
            .map((name) => caches.delete(name)),
        ),
      )
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event, url));
  else if (SHELL_FILES.includes(url.pathname)) event.respondWith(shell(request));
});

async function page(event, url) {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(remember(url, answer.clone()));
    return answer;
  } catch {
    return (await remembered(url)) ?? (await caches.match(OFFLINE)) ?? Response.error();
  }
}

async function shell(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(request, { cacheName: SHELL })) ?? Response.error();
  }
}

async function remember(url, answer) {
  const isGone = answer.status === 404 || answer.status === 410;
  // A page asked for at a moment is the same page; where it is gone, it is gone with all of them.
  if (url.search && !isGone) return;
  const pages = await caches.open(PAGES);
  // First taken out, so that what was read last stands last, and what is gone stays nowhere.
  if (answer.status < 500) await pages.delete(url.pathname);
  await dropOld(pages);
  const isPage = answer.headers.get("Content-Type")?.startsWith("text/html");
  if (answer.status !== 200 || answer.redirected || answer.type !== "basic" || !isPage) return;
  await pages.put(url.pathname, answer);
  const read = await pages.keys();
  const spare = read.slice(0, Math.max(0, read.length - MOST_PAGES));
  await Promise.all(spare.map((old) => pages.delete(old)));
}

async function remembered(url) {
  const kept = await caches.match(url.pathname, { cacheName: PAGES });
  return kept && isRecent(kept) ? kept : undefined;
}

function isRecent(kept) {
  return Date.now() - Date.parse(kept.headers.get("Date")) <= LONGEST;
}

// What was withdrawn meanwhile stays no longer than this on any device that comes back.
async function dropOld(pages) {
  for (const request of await pages.keys()) {
    const kept = await pages.match(request);
    if (kept && !isRecent(kept)) await pages.delete(request);
  }
}
