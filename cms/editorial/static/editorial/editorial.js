/* States that keep themselves up to date, edits that none overlooks. Without this script a reload
   shows the state. */
(() => {
  "use strict";

  const POLL_MS = 2000;
  // While stages of a publication pass, which take a second together.
  const HURRY_MS = 500;
  // When nothing is on its way here: somebody else may publish the page.
  const REST_MS = 15000;
  const find = (root, name) => root.querySelector(`[data-field="${name}"]`);

  const show = (element, text) => {
    element.textContent = text;
    element.hidden = !text;
  };

  const isUnderWay = (root) => root.querySelector(".receipt:not([data-complete])") !== null;

  /* Polls `url()`. Once `draw` says that nothing more will happen by itself, only now and then, and
     not at all without `rest`. A lost line or a sleeping phone only delays the next question. */
  const poll = (root, url, draw, rest = 0) => {
    const pause = () => (isUnderWay(root) ? HURRY_MS : POLL_MS);
    let timer;
    const ask = async () => {
      clearTimeout(timer);
      const address = url();
      if (!address) return;
      let next = pause();
      // Nobody looks: nobody is asked.
      if (rest && document.hidden) next = rest;
      else
        try {
          const response = await fetch(address, { headers: { Accept: "application/json" } });
          if (response.ok) next = draw(await response.json()) ? rest : pause();
          else if (response.status === 403 || response.status === 404) next = 0;
        } catch {
          next = POLL_MS;
        }
      if (next) timer = setTimeout(ask, next);
    };
    timer = setTimeout(ask, pause());
    if (rest)
      document.addEventListener("visibilitychange", () => {
        if (!document.hidden) ask();
      });
    return ask;
  };

  /* Drawn by the server, texts escaped; replaced only when there is news, for screen readers. What
     is under way is opened, once: whoever closes it has seen it. */
  const drawReceipts = (box, html) => {
    const receipts = find(box, "receipts");
    if (receipts.dataset.drawn !== html) {
      receipts.innerHTML = html;
      receipts.dataset.drawn = html;
    }
    box.hidden = !html;
    if (isUnderWay(box) && !box.hasAttribute("data-opened")) {
      box.toggleAttribute("data-opened", true);
      box.open = true;
    }
  };

  const watchAsset = (root) => {
    if (root.hasAttribute("data-settled")) return;
    poll(
      root,
      () => root.dataset.assetStatus,
      (now) => {
        // What is ready brings a player and a table, what failed a button: the page has them.
        if (now.settled) {
          window.location.reload();
          return true;
        }
        show(find(root, "label"), now.label);
        show(find(root, "stage"), now.stage);
        show(find(root, "percent"), `${now.progress} %`);
        show(find(root, "message"), now.message);
        find(root, "progress").value = now.progress;
        return false;
      },
    );
  };

  const watchPublication = (root) => {
    const url = () => {
      if (root.dataset.publication) return root.dataset.publication;
      // A new page gets its number with the first save, which need not reload the view.
      const number = window.location.pathname.match(/\/pages\/(\d+)\/edit\//);
      return number ? root.dataset.urlPattern.replace("/0/", `/${number[1]}/`) : "";
    };
    // Drawn by the server, texts escaped; replaced only when there is news, for screen readers.
    const drawn = (name, html) => {
      const field = find(root, name);
      if (field.dataset.drawn === html) return;
      field.innerHTML = html;
      field.dataset.drawn = html;
    };
    const draw = (now) => {
      show(find(root, "label"), now.label);
      const steps = [...root.querySelectorAll(".publication__step")];
      const at = steps.findIndex((step) => step.dataset.step === now.step);
      steps.forEach((step, index) => {
        step.toggleAttribute("data-reached", index <= at);
        if (index === at) step.setAttribute("aria-current", "step");
        else step.removeAttribute("aria-current");
      });
      const working = Boolean(now.video && !now.video.settled);
      find(root, "video").hidden = !now.video;
      find(root, "video-progress").hidden = !working;
      if (now.video) {
        show(find(root, "video-label"), now.video.label);
        show(find(root, "video-percent"), working ? `${now.video.progress} %` : "");
        show(find(root, "video-message"), now.video.message);
        find(root, "video-progress").value = now.video.progress;
      }
      find(root, "link").hidden = !now.public_url;
      if (now.public_url) {
        const link = find(root, "public-url");
        link.href = now.public_url;
        link.textContent = now.public_url;
      }
      find(root, "withdraw").hidden = !now.withdraw_url;
      if (now.withdraw_url) find(root, "withdraw-url").href = now.withdraw_url;
      drawn("withdrawal", now.withdrawal);
      find(root, "withdrawal").hidden = !now.withdrawal;
      drawReceipts(find(root, "receipts-box"), now.receipts);
      return now.settled;
    };
    const ask = poll(root, url, draw, REST_MS);
    document.addEventListener("w-autosave:success", ask);
  };

  const watchReceipts = (root) => {
    poll(
      root,
      () => root.dataset.receipts,
      (now) => {
        drawReceipts(root, now.receipts);
        return now.settled;
      },
      REST_MS,
    );
  };

  /* The second at which the player stands goes into the form of the poster, and what an editor
     touches is what they mean. */
  const enhancePoster = (form) => {
    const second = form.querySelector("[data-poster-second]");
    const player = document.querySelector(".asset-player");
    const mean = (source) => {
      form.querySelector(`input[value="${source}"]`).checked = true;
    };
    if (second) second.addEventListener("input", () => mean("frame"));
    form.querySelector("[data-poster-picture]").addEventListener("change", () => mean("upload"));
    for (const happening of player && second ? ["pause", "seeked"] : []) {
      player.addEventListener(happening, () => {
        second.value = player.currentTime.toFixed(2);
      });
    }
  };

  /* Wagtail compares a form with what it held two seconds after it was loaded, and once more a
     moment later: what an editor has typed by then on a slow computer would be neither saved nor
     previewed nor warned of. After a save, Wagtail takes back what is set here. */
  const noticeEarlyEdits = (form) => {
    const typing = document.activeElement;
    let edited =
      form.contains(typing) && "defaultValue" in typing && typing.value !== typing.defaultValue;
    form.addEventListener("input", (event) => {
      edited ||= event.isTrusted;
    });
    form.addEventListener("w-unsaved:watch-edits", () => {
      if (edited) form.setAttribute("data-w-unsaved-force-value", "true");
      edited = false;
    });
  };

  const start = () => {
    document.querySelectorAll("form[data-controller~=w-unsaved]").forEach(noticeEarlyEdits);
    document.querySelectorAll("[data-asset-status]").forEach(watchAsset);
    document.querySelectorAll("[data-publication]").forEach(watchPublication);
    document.querySelectorAll("[data-receipts]").forEach(watchReceipts);
    document.querySelectorAll("form[data-poster]").forEach(enhancePoster);
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
