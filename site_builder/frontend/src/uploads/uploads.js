// Uploads of the admin: the page, and the tab of the chooser in a page's editor. Without this
// script both are plain forms.
import { fingerprint } from "./hashing.js";
import { giveUp, Sender } from "./sender.js";
import { draw, Words } from "./view.js";

const CHOOSER = "form[data-chooser-modal-creation-form][action*='/video-files/chooser/create/']";
const own = document.currentScript;
const doors = own.dataset.doors;
const words = new Words(JSON.parse(own.dataset.words), document.documentElement.lang || "id");
const senders = new Set();
let awake = null;

const active = () => [...senders].some((sender) => sender.active);

window.addEventListener("beforeunload", (event) => {
  if (active()) event.preventDefault();
});

/** A phone that falls asleep sends nothing; where the browser allows, it stays awake. */
async function stayAwake() {
  if (!navigator.wakeLock) return;
  try {
    if (active() && !awake && document.visibilityState === "visible") {
      awake = await navigator.wakeLock.request("screen");
      awake.addEventListener("release", () => {
        awake = null;
      });
    } else if (!active() && awake) await awake.release();
  } catch {
    awake = null;
  }
}
document.addEventListener("visibilitychange", stayAwake);

function send(file, { list, status, title, collection, onBegun, onArrived }) {
  const sender = new Sender(file, { doors, title, collection });
  const act = (action) => {
    if (action === "pause") sender.pause();
    else if (action === "resume") sender.start();
    else if (action === "cancel") sender.cancel();
    else if (action === "again") sender.start({ again: true });
    else if (action === "use") onArrived(sender);
    else if (action === "open") window.location.assign(sender.asset.url);
  };
  senders.add(sender);
  draw(list, sender, words, status, act);
  sender.addEventListener("change", () => {
    stayAwake();
    if (sender.state === "done" && !sender.told) {
      sender.told = true;
      onArrived(sender);
    }
  });
  sender.addEventListener("begun", () => onBegun?.(sender));
  sender.start();
  return sender;
}

const field = (form, name) => form.querySelector(`[name$="${name}"]`);

function readForm(form) {
  return {
    files: [...field(form, "file").files],
    title: field(form, "title")?.value || "",
    collection: field(form, "collection")?.value || "",
  };
}

const tooLarge = (form, files) => {
  const limit = Number(field(form, "file").dataset.limit);
  return files.some((file) => file.size > limit);
};

function stage(form) {
  const list = document.createElement("ul");
  list.className = "uploads";
  const status = document.createElement("p");
  status.className = "w-sr-only";
  status.setAttribute("role", "status");
  const alert = document.createElement("p");
  alert.className = "asset-upload__message";
  alert.setAttribute("role", "alert");
  alert.hidden = true;
  form.append(alert, list, status);
  const warn = (text) => {
    alert.textContent = text;
    alert.hidden = !text;
  };
  return { list, status, warn };
}

function enhancePage(form) {
  const { list, status, warn } = stage(form);
  const input = field(form, "file");
  const title = field(form, "title");
  const unfinished = form.parentElement.querySelector("[data-unfinished]");
  let count = 0;
  input.multiple = true;

  const begin = (file, asked, item) => {
    count += 1;
    send(file, {
      list,
      status,
      ...asked,
      onBegun: (sender) => {
        // One that was refused goes on under another number.
        item?.remove();
        unfinished?.querySelector(`[data-upload="${sender.upload.id}"]`)?.remove();
        if (unfinished && !unfinished.querySelector("li")) unfinished.hidden = true;
      },
      onArrived: (sender) => {
        // One file: its page is where to go on. Of several the list says how they stand.
        if (count === 1 || sender.state === "known") window.location.assign(sender.asset.url);
      },
    });
  };

  input.addEventListener("change", () => {
    const { files } = readForm(form);
    warn(tooLarge(form, files) ? words.say("too_large") : "");
    // A title is that of one file; of several each is called as it is.
    title.disabled = files.length > 1;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { files, title: called, collection } = readForm(form);
    if (!files.length) warn(words.say("choose"));
    else if (tooLarge(form, files)) warn(words.say("too_large"));
    else {
      warn("");
      files.forEach((file) => begin(file, { title: files.length > 1 ? "" : called, collection }));
      form.reset();
      title.disabled = false;
    }
  });
  unfinished?.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const item = event.target.closest("[data-upload]");
    if (!button) return;
    if (button.dataset.action === "cancel") {
      giveUp(doors, item.dataset.upload);
      item.remove();
      unfinished.hidden = !unfinished.querySelector("li");
      return;
    }
    const picker = item.querySelector("input[type=file]");
    picker.onchange = async () => {
      const [file] = picker.files;
      if (!file) return;
      const same = (await fingerprint(file)) === item.dataset.fingerprint;
      warn(same ? "" : words.say("other", { name: item.dataset.name }));
      // Should it have to begin anew, it does so as it was called and where it was put.
      const { title: called, collection } = item.dataset;
      if (same) begin(file, { title: called, collection }, item);
    };
    picker.click();
  });
}

/** The chooser: once the file is an asset, the form says so and Wagtail goes on by itself. */
function sendChosen(form) {
  const { files, title, collection } = readForm(form);
  const [file] = files;
  form.querySelectorAll(".uploads, .asset-upload__message").forEach((old) => old.remove());
  const { list, status, warn } = stage(form);
  if (tooLarge(form, files)) {
    warn(words.say("too_large"));
    return;
  }
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  const sender = send(file, {
    list,
    status,
    title,
    collection,
    onArrived: ({ asset }) => {
      const arrived = document.createElement("input");
      Object.assign(arrived, { type: "hidden", name: "arrived", value: asset.id });
      form.append(arrived);
      // Wagtail sends no form that lacks something required.
      Object.assign(field(form, "file"), { value: "", required: false });
      button.disabled = false;
      // Its button may be resting; the listener of the dialogue is all that is wanted.
      form.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    },
  });
  const watch = setInterval(() => {
    button.disabled = !["failed", "ended", "done"].includes(sender.state);
    // A closed dialogue: what is sent stays, and the page of uploads goes on with it.
    if (!form.isConnected && sender.active) sender.pause();
    if (!form.isConnected) clearInterval(watch);
  }, 500);
}

function start() {
  document.querySelectorAll("form[data-upload]").forEach(enhancePage);
  // Before Wagtail's own listener on the form, which would send the file through the CMS.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target.closest(CHOOSER);
      if (!form || !readForm(form).files.length) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      sendChosen(form);
    },
    true,
  );
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
