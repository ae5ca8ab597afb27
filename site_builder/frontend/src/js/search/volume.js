// One file of the index: where a term stands in it. Its layout: site_builder/search/volume.py.
const HEADER = 16;
const SLOT = 256;
const LONG = 255;
const PIECE = 4096; // bytes of a long list that are read at once
export const [SAID, TEXT, NAME, TITLE] = [0, 1, 2, 3];

const NOTHING = new Uint8Array();
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const CRC = Uint32Array.from({ length: 256 }, (_, value) => {
  let found = value;
  for (let bit = 0; bit < 8; bit += 1) found = found & 1 ? (found >>> 1) ^ 0xedb88320 : found >>> 1;
  return found;
});

function crc32(bytes) {
  let found = 0xffffffff;
  for (const byte of bytes) found = CRC[(found ^ byte) & 255] ^ (found >>> 8);
  return (found ^ 0xffffffff) >>> 0;
}

const u16 = (bytes, at) => bytes[at] | (bytes[at + 1] << 8);
const u24 = (bytes, at) => u16(bytes, at) | (bytes[at + 2] << 16);
const u32 = (bytes, at) => (u24(bytes, at) | (bytes[at + 3] << 24)) >>> 0;

/** Whole numbers from bytes that may end anywhere; the next bytes go on from there. */
class Varints {
  constructor() {
    this.found = 0;
    this.shift = 1;
  }

  *of(bytes) {
    for (const byte of bytes) {
      this.found += (byte & 127) * this.shift;
      this.shift *= 128;
      if (byte < 128) {
        yield this.found;
        [this.found, this.shift] = [0, 1];
      }
    }
  }
}

export class Volume {
  constructor(file, slots) {
    this.file = file;
    this.slots = slots;
    this.lists = new Map();
  }

  /** Where a term stands, from the newest document to one beyond `from`, if there is one. */
  async find(term, from) {
    if (!this.lists.has(term)) this.lists.set(term, this.place(term).then((place) => new List(this.file, place)));
    const list = await this.lists.get(term).catch((error) => {
      this.lists.delete(term);
      throw error;
    });
    await list.readBeyond(from);
    return list;
  }

  /** Numbers of the documents of some days (ordinals as `dayOf` gives them), as `[first, end)`. */
  async between(first, last) {
    let [day, number, start, end] = [null, 0, null, null];
    const { start: place, length, first: content } = await this.place("@days");
    const [days] = length ? await this.file.read([[place, length]]) : [content];
    const steps = [...new Varints().of(days)];
    for (let at = 0; at < steps.length; at += 2) {
      day = day === null ? steps[at] : day - steps[at];
      number += steps[at + 1];
      if (day <= last) start ??= number;
      if (day < first) end ??= number;
    }
    return [start ?? Infinity, end ?? Infinity];
  }

  /** How many documents there are. */
  async count() {
    return u32((await this.file.read([[0, HEADER]]))[0], 4);
  }

  /** Where a term's list is: what lies in its slot, then `length` bytes from `start` on. */
  async place(term) {
    const bytes = encoder.encode(term);
    const fingerprint = crc32([...bytes].reverse()) >>> 8;
    const entries = await this.slot(crc32(bytes) % this.slots);
    for (let at = 0; at < entries.length; ) {
      const length = entries[at + 3];
      const own = u24(entries, at) === fingerprint;
      if (length === LONG) {
        if (own) return { start: u32(entries, at + 4), length: u24(entries, at + 8), first: NOTHING };
        at += 11;
      } else {
        if (own) return { start: 0, length: 0, first: entries.subarray(at + 4, at + 4 + length) };
        at += 4 + length;
      }
    }
    return { start: 0, length: 0, first: NOTHING };
  }

  async slot(number) {
    const [slot] = await this.file.read([[HEADER + number * SLOT, SLOT]]);
    if (slot[0] === 0) return slot.subarray(3, 3 + u16(slot, 1));
    return (await this.file.read([[u32(slot, 1), u32(slot, 5)]]))[0];
  }

  /** Cards of documents, in the order of their numbers given. */
  async cards(numbers) {
    const table = HEADER + this.slots * SLOT;
    const rows = await this.file.read(numbers.map((number) => [table + number * 8, 8]));
    const cards = await this.file.read(rows.map((row) => [u32(row, 0), u32(row, 4)]));
    return cards.map((card) => JSON.parse(decoder.decode(card)));
  }

  /** Passages of one block of a card: `[[second, text], …]`. */
  async passages(card, block) {
    const [place, ...lengths] = card.said;
    const before = lengths.slice(0, block).reduce((sum, length) => sum + length, 0);
    const [content] = await this.file.read([[Number(place) + before, lengths[block]]]);
    return JSON.parse(decoder.decode(content));
  }
}

/** Where a term stands, newest document first, read piece by piece. */
class List {
  constructor(file, { start, length, first }) {
    [this.file, this.start, this.length] = [file, start, length];
    this.read = 0;
    this.found = new Map(); // document number -> `{ where, block }`
    this.reach = 0; // numbers below it are known
    this.number = -1;
    this.isOpen = false; // a block is still to come
    this.varints = new Varints();
    this.take(first);
    this.reading = null;
  }

  get isWhole() {
    return this.read >= this.length;
  }

  /** Read until a number beyond `from` is known; one read at a time, whoever asks. */
  async readBeyond(from) {
    while (this.reach <= from) {
      this.reading ??= this.readPiece().finally(() => (this.reading = null));
      await this.reading;
    }
  }

  async readPiece() {
    const length = Math.min(PIECE, this.length - this.read);
    const [content] = await this.file.read([[this.start + this.read, length]]);
    this.read += length;
    this.take(content);
  }

  take(content) {
    for (const value of this.varints.of(content)) {
      if (this.isOpen) {
        this.found.get(this.number).block = value;
        this.isOpen = false;
        continue;
      }
      this.number += value >>> 2;
      this.found.set(this.number, { where: value & 3, block: null });
      this.isOpen = (value & 3) === SAID;
    }
    this.reach = this.isWhole ? Infinity : this.number + (this.isOpen ? 0 : 1);
  }
}
