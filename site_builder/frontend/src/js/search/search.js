// The search page. Without this file it says where else to look.
import { Engine, Stale } from "./engine.js";
import { drawn } from "./results.js";

const PAGE = 10;
const PAUSE = 250; // milliseconds after the last letter
const FIELDS = ["q", "unit", "category", "from", "to"];

class SearchPage {
  constructor(root) {
    this.part = (name) => root.querySelector(`[data-search-${name}]`);
    this.words = root.dataset;
    this.form = this.part("form");
    this.list = this.part("results");
    this.engine = new Engine();
    this.turn = 0;
    this.part("without").hidden = true;
    this.form.hidden = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.look(true);
    });
    this.form.addEventListener("input", (event) => this.soon(event.target.name === "q" ? PAUSE : 0));
    this.part("more").addEventListener("click", () => this.more());
    addEventListener("popstate", () => this.recall());
    this.recall();
  }

  recall() {
    const asked = new URLSearchParams(location.search);
    for (const name of FIELDS) this.set(this.form.elements[name], asked.get(name) ?? "");
    this.part("filters").open = FIELDS.slice(1).some((name) => asked.get(name));
    this.ask();
  }

  set(field, value) {
    // A unit below those that the list names: links of other pages may ask for it.
    if (field.tagName === "SELECT" && value && ![...field.options].some((option) => option.value === value)) {
      field.add(new Option(value, value));
    }
    field.value = value;
  }

  soon(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(false), pause);
  }

  /** Put what is asked into the address, then look for it. */
  look(isStep) {
    clearTimeout(this.timer);
    const address = new URL(location.href);
    for (const name of FIELDS) {
      const value = this.form.elements[name].value;
      if (value.trim()) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    if (isStep && address.href !== location.href) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    this.ask();
  }

  async ask(again = true) {
    const turn = (this.turn += 1);
    const asked = Object.fromEntries(FIELDS.map((name) => [name, this.form.elements[name].value]));
    try {
      const search = await this.engine.search(asked.q, asked);
      if (turn !== this.turn) return;
      if (!search.asks) return this.show(search, [], asked.q.trim() ? this.words.vague : "");
      this.say(this.words.looking);
      const results = await search.more(PAGE);
      if (turn === this.turn) this.show(search, results);
    } catch (error) {
      if (turn !== this.turn) return;
      this.fail(error, again && (() => this.ask(false)));
    }
  }

  async more() {
    const { search, turn } = this;
    this.part("more").disabled = true;
    try {
      const results = await search.more(PAGE);
      if (turn !== this.turn) return;
      const place = this.list.children.length;
      this.add(search, results);
      this.list.children[place]?.querySelector("a").focus();
    } catch (error) {
      this.fail(error, () => this.ask(false));
    } finally {
      this.part("more").disabled = false;
    }
  }

  show(search, results, message = null) {
    this.list.replaceChildren();
    this.add(search, results);
    if (message !== null) this.say(message);
  }

  add(search, results) {
    this.search = search;
    const template = this.part("result");
    this.list.append(...results.map((result) => drawn(template, result, search.words)));
    const left = search.waiting.length > 0 || (search.asks && !search.isWhole);
    this.part("more").hidden = !left;
    const count = String(search.found);
    const { none, found, foundSoFar } = this.words;
    this.say(search.isWhole ? (search.found ? found.replace("{count}", count) : none) : foundSoFar.replace("{count}", count));
  }

  /** A new build came in between: begin anew with its files. Anything else is said. */
  fail(error, again) {
    if (error instanceof Stale && again) {
      this.engine = new Engine();
      return again();
    }
    this.list.replaceChildren();
    this.part("more").hidden = true;
    this.say(this.words.failed);
    if (!(error instanceof TypeError)) throw error; // TypeError: the network
  }

  say(text) {
    this.part("status").textContent = text;
  }
}

for (const root of document.querySelectorAll("[data-search]")) new SearchPage(root);
