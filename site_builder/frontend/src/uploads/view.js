// How uploads look: a list of files, each with its progress, words and buttons.
const NAMES = ["name", "words", "bar", "actions"];
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];
const STEP = 25;

/** Words of the page, with {placeholders}, in the page's language. */
export class Words {
  constructor(words, language) {
    this.words = words;
    this.language = language;
  }

  say(name, values = {}) {
    return Object.entries(values).reduce(
      (text, [key, value]) => text.replace(`{${key}}`, value),
      this.words[name],
    );
  }

  bytes(count, perSecond = false) {
    const power = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
    const unit = UNITS[power] + (perSecond ? "-per-second" : "");
    const digits = power > 1 ? 1 : 0;
    return new Intl.NumberFormat(this.language, {
      style: "unit",
      unit,
      maximumFractionDigits: digits,
    }).format(count / 1000 ** power);
  }

  left(seconds) {
    if (!Number.isFinite(seconds)) return "";
    if (seconds < 90) return this.say("seconds", { n: Math.max(1, Math.ceil(seconds)) });
    if (seconds < 5400) return this.say("minutes", { n: Math.ceil(seconds / 60) });
    return this.say("hours", { n: Math.ceil(seconds / 3600) });
  }
}

const element = (tag, className, text = "") => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
};

/** Per cent that are there; of nothing, nothing. */
const share = ({ sent, file }) => (file.size ? (100 * sent) / file.size : 0);

/** What a sender's state is called, and what can be done about it. */
function wording(sender, words) {
  const { state, trouble, asset } = sender;
  const percent = Math.floor(share(sender));
  if (state === "failed") return sender.message || words.say("unreadable");
  if (state === "known" || sender.known) return words.say("known", { title: asset.title });
  if (trouble) return words.say(trouble);
  if (state !== "sending") return words.say(state);
  const parts = [`${percent} %`];
  if (sender.speed) parts.push(words.bytes(sender.speed, true), words.left(sender.secondsLeft));
  return parts.filter(Boolean).join(" · ");
}

const ACTIONS = {
  reading: ["pause", "cancel"],
  sending: ["pause", "cancel"],
  paused: ["resume", "cancel"],
  checking: [],
  done: ["open"],
  known: ["use", "again"],
  failed: ["resume", "cancel"],
  ended: [],
};

/** Draws one sender into `list`; `act(name)` is called for what its buttons do. */
export function draw(list, sender, words, status, act) {
  const item = element("li", "upload");
  const [name, text, bar, actions] = NAMES.map((part) =>
    element(part === "bar" ? "progress" : part === "actions" ? "div" : "p", `upload__${part}`),
  );
  name.textContent = `${sender.file.name} · ${words.bytes(sender.file.size)}`;
  bar.max = 100;
  bar.setAttribute("aria-label", sender.file.name);
  item.append(name, bar, text, actions);
  list.append(item);
  let shown = "";
  let told = "";

  const buttons = (names) => {
    const focused = actions.contains(document.activeElement);
    actions.replaceChildren(
      ...names.map((action) => {
        const button = element("button", "button button-small button-secondary", words.say(action));
        button.type = "button";
        button.dataset.action = action;
        button.setAttribute("aria-label", `${words.say(action)}: ${sender.file.name}`);
        button.addEventListener("click", () => act(action));
        return button;
      }),
    );
    // A keyboard must not lose its place when buttons change under it.
    if (focused) (actions.querySelector("button") || item).focus();
  };

  const announce = (percent) => {
    const step = sender.state === "sending" && !sender.trouble ? Math.floor(percent / STEP) * STEP : "";
    const news = `${sender.state} ${sender.trouble} ${step}`;
    if (news === told) return;
    told = news;
    const says = step === "" ? wording(sender, words) : `${step} %`;
    status.textContent = `${sender.file.name}: ${says}`;
  };

  const redraw = () => {
    if (sender.state === "ended") {
      item.remove();
      status.textContent = `${sender.file.name}: ${words.say("ended")}`;
      return;
    }
    const percent = share(sender);
    item.dataset.state = sender.state;
    item.toggleAttribute("data-trouble", Boolean(sender.trouble));
    bar.hidden = ["known", "failed"].includes(sender.state);
    bar.value = ["checking", "done"].includes(sender.state) ? 100 : percent;
    text.textContent = wording(sender, words);
    const state = sender.known ? "done" : sender.state;
    if (state !== shown) buttons(ACTIONS[state]);
    shown = state;
    announce(percent);
  };
  item.tabIndex = -1;
  item.scrollIntoView({ block: "nearest" });
  sender.addEventListener("change", redraw);
  redraw();
  return item;
}
