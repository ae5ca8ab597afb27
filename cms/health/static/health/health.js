/* Looks again now and then, while somebody looks. Without this script a reload does. */
(() => {
  "use strict";

  const EVERY_MS = 15000;

  const look = async () => {
    if (document.hidden) return;
    const here = document.querySelector("[data-health]");
    try {
      const response = await fetch(window.location.href, { redirect: "error" });
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector("[data-health]");
      if (!fresh) return;
      here.querySelectorAll("details[open]").forEach((one) => {
        fresh.querySelector(`#${one.id}`)?.setAttribute("open", "");
      });
      here.replaceChildren(...fresh.childNodes);
    } catch {
      // A lost line or the end of the session: what is shown keeps the moment it is of.
    }
  };

  setInterval(look, EVERY_MS);
})();
