// One file of the index: where a term stands in it. Its layout: site_builder/search/volume.py.
const HEADER = 16;
const SLOT = 256;
const LONG = 255;
export const [SAID, TEXT, NAME, TITLE] = [0, 1, 2, 3];

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

function* varints(bytes) {
  let found = 0;
  let shift = 1;
  for (const byte of bytes) {
    found += (byte & 127) * shift;
    shift *= 128;
    if (byte < 128) {
      yield found;
      [found, shift] = [0, 1];
    }
  }
}

export class Volume {
  constructor(file, slots) {
    this.file = file;
    this.slots = slots;
    this.lists = new Map();
  }

  /** Where a term stands: document number -> `{ where, block }`. */
  async find(term) {
    if (!this.lists.has(term)) this.lists.set(term, decoded(await this.list(term)));
    return this.lists.get(term);
  }

  /** Numbers of the documents of some days (ordinals as `dayOf` gives them), as `[first, end)`. */
  async between(first, last) {
    let [day, number, start, end] = [null, 0, null, null];
    const steps = [...varints(await this.list("@days"))];
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

  async list(term) {
    const bytes = encoder.encode(term);
    const fingerprint = crc32([...bytes].reverse()) >>> 8;
    const entries = await this.slot(crc32(bytes) % this.slots);
    for (let at = 0; at < entries.length; ) {
      const length = entries[at + 3];
      const own = u24(entries, at) === fingerprint;
      if (length === LONG) {
        if (own) return (await this.file.read([[u32(entries, at + 4), u24(entries, at + 8)]]))[0];
        at += 11;
      } else {
        if (own) return entries.subarray(at + 4, at + 4 + length);
        at += 4 + length;
      }
    }
    return new Uint8Array();
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

function decoded(list) {
  const found = new Map();
  let number = -1;
  let waiting = false;
  for (const value of varints(list)) {
    if (waiting) {
      found.get(number).block = value;
      waiting = false;
      continue;
    }
    number += value >>> 2;
    found.set(number, { where: value & 3, block: null });
    waiting = (value & 3) === SAID;
  }
  return found;
}
