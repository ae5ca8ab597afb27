// What headquarters announces in an emergency: asked for by every page and again while it is read,
// from the network, and built as text only. It ends by itself, whoever is off.
const EVERY = 60_000;
const LONGEST = 2 ** 31 - 1;
const KEY = "policetube.banner";
const URGENCIES = ["NOTICE", "WARNING", "CRITICAL"];

function closed() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function close(version) {
  try {
    localStorage.setItem(KEY, version);
  } catch {
    // Private mode or a full store: it is closed on this page.
  }
}

/** Own pages and https alone: whatever the file says, nothing of it is run. */
function address(href) {
  try {
    const url = new URL(href, location.origin);
    return href && (url.origin === location.origin || url.protocol === "https:") ? url : null;
  } catch {
    return null;
  }
}

function drawn(template, banner, hide) {
  const item = template.content.cloneNode(true);
  const part = (name) => item.querySelector(`[data-${name}]`);
  const urgency = URGENCIES.includes(banner.urgency) ? banner.urgency : "WARNING";
  item.firstElementChild.classList.add(`banner__box--${urgency.toLowerCase()}`);
  const line = part("text");
  line.before(
    ...banner.texts.map(({ lang, text }) => {
      const shown = line.cloneNode();
      shown.lang = lang;
      shown.textContent = text;
      return shown;
    }),
  );
  line.remove();
  const url = address(banner.href);
  if (url) {
    part("more").href = url.href;
    if (url.origin !== location.origin) part("more").append(` (${url.host})`);
  } else part("more").parentElement.remove();
  if (urgency === "CRITICAL") part("close").remove();
  else
    part("close").addEventListener("click", () => {
      close(banner.version);
      hide();
    });
  return item;
}

/** Asks, shows what is new, takes away what is over; without an answer what is shown stays. */
export function watch(place) {
  const said = place.querySelector("[data-banner-said]");
  const template = place.querySelector("template");
  let shown = "";
  let ending;

  const hide = () => {
    shown = "";
    said.replaceChildren();
  };

  const show = (banner, left) => {
    clearTimeout(ending);
    ending = setTimeout(hide, Math.min(left, LONGEST));
    if (banner.version === shown) return;
    // A region that is there already is read out when it is filled.
    said.setAttribute("role", banner.urgency === "CRITICAL" ? "alert" : "status");
    said.replaceChildren(drawn(template, banner, hide));
    shown = banner.version;
  };

  const ask = async () => {
    const answer = await fetch(place.dataset.banner);
    if (!answer.ok) return;
    const banner = await answer.json();
    // The server's clock: a device that is wrong by a day must not miss it.
    const now = Date.parse(answer.headers.get("Date")) || Date.now();
    const left = Date.parse(banner.until) - now;
    if (left > 0 && (banner.urgency === "CRITICAL" || banner.version !== closed())) show(banner, left);
    else hide();
  };

  const look = () => {
    if (document.visibilityState === "visible") ask().catch(() => {});
  };
  look();
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
