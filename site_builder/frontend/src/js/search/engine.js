// Finds documents: newest stretch first, and no further back than it takes to fill a page.
//
// At least `ENOUGH` are looked for before any is shown, and the best of them come first: what has the
// words in its title, then in its names, then in its text, then what says them; the newer of equals.
// Whoever wants more goes on from there. A word that is rare is looked for in every stretch; but what
// would cost more data than `BUDGET`, the results to be shown counted, pauses until one asks for more.
// Of long lists no more is read than that takes, either: a stretch may be left half-way.
import { dayAt, dayOf, wordsOf } from "./query.js";
import { Files, Stale } from "./files.js";
import { Volume } from "./volume.js";

const ENOUGH = 50;
const PAGE = 10;
const BUDGET = 40_000; // bytes
const SHOWN = 2_000; // of a result that will be shown
const AT_ONCE = [1, 4, 6];
const WORTH = [1, 1.5, 3, 6];
const UNFINISHED = 0.6; // against a whole word

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
    this.left = volumes.map((one) => ({ ...one, from: 0 })); // stretches, and where to go on in them
    this.spent = spent;
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
    return this.left.length === 0;
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
      const size = this.left[0].volume.slots;
      if (size !== slots) [turn, slots, each] = [0, size, slots && (each * size) / slots];
      const affordable = each ? Math.floor(left() / each) : 1;
      if (affordable < 1) break;
      const count = Math.min(AT_ONCE[Math.min(turn, AT_ONCE.length - 1)], affordable);
      const some = this.left.slice(0, count).filter(({ volume }) => volume.slots === size);
      const cost = spent();
      const hits = await Promise.all(some.map((one) => this.within(one)));
      each = (spent() - cost) / some.length || 1;
      batch.push(...hits.flat());
      this.left = this.left.filter(({ from }) => from < Infinity);
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

  /** Hits in what is read of one stretch, newest first. The rarest word is asked for first: mostly it ends there. */
  async within(one) {
    const order = [...this.words.keys()].sort((a, b) => this.often[a] - this.often[b]);
    const known = new Known(one.from);
    const found = [];
    for (const place of order) {
      const list = await occurrences(one.volume, this.words[place], one.from);
      found[place] = list.found;
      this.often[place] += known.add(list);
      if (known.isEmpty) break;
    }
    for (const term of this.exact) {
      if (known.isEmpty) break;
      known.add(await one.volume.find(term, one.from));
    }
    one.from = known.next;
    if (known.isEmpty) return [];
    let { numbers } = known;
    if (numbers === null || !one.whole) numbers = await this.dated(one.volume, numbers, one.whole);
    numbers.sort((a, b) => a - b);
    return numbers.map((number) => ({ volume: one.volume, number, words: found.map((list) => list.get(number)) }));
  }

  async dated(volume, numbers, whole) {
    const [first, last] = [dayOf(this.filters.from) ?? -Infinity, dayOf(this.filters.to) ?? Infinity];
    const [start, end] = whole ? [0, Infinity] : await volume.between(first, last);
    if (numbers !== null) return numbers.filter((number) => number >= start && number < end);
    const stop = Math.min(end, await volume.count());
    return Array.from({ length: Math.max(0, stop - start) }, (_, step) => start + step);
  }
}

/** What several lists have in common from a document on, as far as all of them are known. */
class Known {
  constructor(from) {
    this.from = from;
    this.numbers = null; // of documents that are in all lists
    this.reach = Infinity; // numbers below it are known
    this.last = Infinity; // no document beyond it is in all lists
  }

  /** Take one list more; how many documents it has in what is looked at. */
  add({ found, reach }) {
    const own = [...found.keys()].filter((number) => number >= this.from && number < reach);
    this.numbers = (this.numbers ?? own).filter((number) => found.has(number) && number < reach);
    this.reach = Math.min(this.reach, reach);
    if (reach === Infinity) this.last = Math.min(this.last, own.reduce((most, one) => Math.max(most, one), -1));
    return own.length;
  }

  get isEmpty() {
    return this.numbers?.length === 0;
  }

  /** Where to go on; Infinity if nothing can follow. */
  get next() {
    return this.last < this.reach ? Infinity : this.reach;
  }
}

async function occurrences(volume, { terms }, from) {
  const [exact, unfinished] = await Promise.all(terms.map((term) => volume.find(term, from)));
  if (!unfinished) return exact;
  const found = new Map();
  for (const [number, one] of unfinished.found) found.set(number, { ...one, share: UNFINISHED });
  for (const [number, one] of exact.found) {
    const other = found.get(number);
    if (!other || other.where <= one.where) found.set(number, { ...one, share: 1 });
  }
  return { found, reach: Math.min(exact.reach, unfinished.reach) };
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
