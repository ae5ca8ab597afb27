// On every page: an emergency announcement, what was published since, and what was read again without
// a connection. Nothing depends on any of them.
import { watch } from "./banner.js";
import { whenNear } from "./near.js";

const KEPT = "policetube-";

async function forget() {
  for (const registration of await navigator.serviceWorker.getRegistrations()) {
    await registration.unregister();
  }
  for (const name of await caches.keys()) {
    if (name.startsWith(KEPT)) await caches.delete(name);
  }
}

function offer(button) {
  button.closest("[data-kept]").hidden = false;
  button.addEventListener("click", async () => {
    await forget();
    document.querySelector("[data-said]").textContent = button.dataset.done;
    button.closest("[data-kept]").hidden = true;
  });
}

for (const place of document.querySelectorAll("[data-banner]")) watch(place);

for (const section of document.querySelectorAll("[data-later]")) {
  whenNear(section, async () => (await import("./later.js")).fill(section));
}

if ("serviceWorker" in navigator && "caches" in window) {
  const button = document.querySelector("[data-forget]");
  if (button) offer(button);
  // After everything that the reader waits for; on the page that forgets, never.
  else addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
}
