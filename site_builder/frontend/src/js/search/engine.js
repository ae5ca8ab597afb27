// Finds documents: newest stretch first, and no further back than it takes to fill a page.
//
// At least `ENOUGH` are looked for before any is shown, and the best of them come first: what has the
// words in its title, then in its names, then in its text, then what says them; the newer of equals.
// Whoever wants more goes on from there. A word that is rare is looked for in every stretch; but what
// would cost more data than `BUDGET`, the results to be shown counted, pauses until one asks for more.
import { dayAt, dayOf, wordsOf } from "./query.js";
import { Files, Stale } from "./files.js";
import { Volume } from "./volume.js";

const ENOUGH = 50;
const PAGE = 10;
const BUDGET = 40_000; // bytes
const SHOWN = 2_000; // of a result that will be shown
const AT_ONCE = [1, 4, 6];
const WORTH = [1, 1.5, 3, 6];
const UNFINISHED = 0.6;

export { Stale };

export class Engine {
  constructor() {
    this.files = new Files();
    this.volumes = new Map();
    this.begun = null;
  }

  /** A search for words within filters; see `Search`. */
  async search(text, filters) {
    this.begun ??= this.files.root();
    const root = await this.begun.catch((error) => {
      this.begun = null;
      throw error;
    });
    const volumes = stretchesOf(root, filters).map(({ name, whole }) => {
      if (!this.volumes.has(name)) {
        const file = this.files.file(name);
        this.volumes.set(name, new Volume(file, root.slots[name[0]]));
      }
      return { volume: this.volumes.get(name), whole };
    });
    return new Search(wordsOf(text), filters, volumes, this.files.spent);
  }
}

function stretchesOf(root, { from, to }) {
  const [first, last] = [dayOf(from) ?? -Infinity, dayOf(to) ?? Infinity];
  let above = Infinity; // where the next newer stretch begins
  const found = [];
  for (const [name, begins] of root.stretches) {
    const [oldest, newest] = [begins ? dayAt(begins) : -Infinity, above];
    if (newest >= first && oldest <= last) {
      found.push({ name, whole: oldest >= first && newest <= last });
    }
    above = begins ? dayAt(begins) : -Infinity;
  }
  return found;
}

export class Search {
  constructor(words, filters, volumes, spent) {
    this.words = words;
    this.filters = filters;
    this.exact = [filters.unit && `unit:${filters.unit}`, filters.category && `category:${filters.category}`].filter(Boolean);
    this.volumes = volumes;
    this.spent = spent;
    this.next = 0;
    this.found = 0;
    this.waiting = [];
    this.seen = new Set();
    this.often = words.map(({ token }) => 1 / token.length); // how often a word occurs, so far
  }

  /** Whether there is anything to look for. */
  get asks() {
    return this.words.length > 0 || this.exact.length > 0 || Boolean(this.filters.from || this.filters.to);
  }

  /** Whether every stretch was looked at. */
  get isWhole() {
    return this.next >= this.volumes.length;
  }

  /** The next results, at most so many: `[{ card, said }]`. */
  async more(count) {
    if (this.asks && this.waiting.length < count) await this.gather();
    const chosen = this.waiting.splice(0, count);
    const results = await Promise.all([...byVolume(chosen)].map(([volume, hits]) => shown(volume, hits)));
    const cards = new Map(results.flat());
    const fresh = chosen.map((hit) => cards.get(hit)).filter(({ card }) => !this.seen.has(card.path));
    for (const { card } of fresh) this.seen.add(card.path);
    return fresh;
  }

  async gather() {
    const batch = [];
    const before = this.spent.bytes;
    const spent = () => this.spent.bytes - before;
    const left = () => BUDGET - spent() - SHOWN * Math.min(batch.length, PAGE);
    let [turn, slots, each] = [0, 0, 0]; // each: what the next stretch may cost, by the last ones
    while (!this.isWhole && batch.length < ENOUGH) {
      const size = this.volumes[this.next].volume.slots;
      if (size !== slots) [turn, slots, each] = [0, size, slots && (each * size) / slots];
      const affordable = each ? Math.floor(left() / each) : 1;
      if (affordable < 1) break;
      const count = Math.min(AT_ONCE[Math.min(turn, AT_ONCE.length - 1)], affordable);
      const volumes = this.volumes.slice(this.next, this.next + count).filter(({ volume }) => volume.slots === size);
      const cost = spent();
      const hits = await Promise.all(volumes.map((one) => this.within(one)));
      each = (spent() - cost) / volumes.length || 1;
      batch.push(...hits.flat());
      this.next += volumes.length;
      turn += 1;
    }
    this.found += batch.length;
    const rarity = this.often.map((often) => 1 / Math.log2(2 + often));
    for (const hit of batch) {
      hit.worth = hit.words.reduce((sum, { where, share }, place) => sum + WORTH[where] * share * rarity[place], 0);
    }
    batch.sort((one, other) => other.worth - one.worth); // stable: newest first among equals
    this.waiting.push(...batch);
  }

  /** Hits in one stretch, newest first. The rarest word is asked for first: mostly it ends there. */
  async within({ volume, whole }) {
    const order = [...this.words.keys()].sort((one, other) => this.often[one] - this.often[other]);
    let numbers = null;
    const lists = [];
    for (const place of order) {
      const list = await occurrences(volume, this.words[place]);
      this.often[place] += list.size;
      lists[place] = list;
      numbers = numbers === null ? [...list.keys()] : numbers.filter((number) => list.has(number));
      if (!numbers.length) return [];
    }
    for (const term of this.exact) {
      const list = await volume.find(term);
      numbers = numbers === null ? [...list.keys()] : numbers.filter((number) => list.has(number));
      if (!numbers.length) return [];
    }
    if (numbers === null || !whole) numbers = await this.dated(volume, numbers, whole);
    numbers.sort((one, other) => one - other);
    return numbers.map((number) => ({ volume, number, words: lists.map((list) => list.get(number)) }));
  }

  async dated(volume, numbers, whole) {
    const [first, last] = [dayOf(this.filters.from) ?? -Infinity, dayOf(this.filters.to) ?? Infinity];
    const [start, end] = whole ? [0, Infinity] : await volume.between(first, last);
    if (numbers !== null) return numbers.filter((number) => number >= start && number < end);
    const stop = Math.min(end, await volume.count());
    return Array.from({ length: Math.max(0, stop - start) }, (_, step) => start + step);
  }
}

async function occurrences(volume, { terms }) {
  const [exact, unfinished] = await Promise.all(terms.map((term) => volume.find(term)));
  const found = new Map();
  for (const [number, one] of unfinished ?? []) found.set(number, { ...one, share: UNFINISHED });
  for (const [number, one] of exact) {
    const other = found.get(number);
    if (!other || other.where <= one.where) found.set(number, { ...one, share: 1 });
  }
  return found;
}

function byVolume(hits) {
  const found = new Map();
  for (const hit of hits) found.set(hit.volume, [...(found.get(hit.volume) ?? []), hit]);
  return found;
}

async function shown(volume, hits) {
  const cards = await volume.cards(hits.map(({ number }) => number));
  return Promise.all(
    hits.map(async (hit, place) => {
      const card = cards[place];
      const block = hit.words.map((word) => word.block).find((one) => one !== null);
      const said = block === undefined ? null : await volume.passages(card, block);
      return [hit, { card, said }];
    }),
  );
}
