// Files of the index, read in ranges. A file that was replaced meanwhile makes everything stale.
const ROOT = "/search/root.json";
const NEAR = 600; // bytes between two ranges that are fetched together
const RANGE = /^bytes (\d+)-\d+\/(\d+)$/;

export class Stale extends Error {}

export class Files {
  constructor() {
    this.known = new Map();
    this.spent = { bytes: 0 };
  }

  async root() {
    const answer = await fetch(ROOT, { cache: "no-cache" });
    if (!answer.ok) throw new Error(`${ROOT}: ${answer.status}`);
    return answer.json();
  }

  file(name) {
    if (!this.known.has(name)) this.known.set(name, new RangedFile(`/search/${name}.bin`, this.spent));
    return this.known.get(name);
  }
}

class RangedFile {
  constructor(url, spent) {
    this.url = url;
    this.spent = spent;
    this.mark = null; // what tells this release of the file from another
    this.whole = null; // from a server that knows no ranges
    this.kept = new Map();
  }

  /** Bytes of `[start, length]` pairs, in their order. */
  async read(pairs) {
    const wanted = pairs.filter(([start, length]) => !this.kept.has(`${start}+${length}`));
    await Promise.all(together(wanted).map((group) => this.fetch(group)));
    return pairs.map(([start, length]) => this.kept.get(`${start}+${length}`));
  }

  async fetch({ start, end, pairs }) {
    const content = this.whole ?? (await this.load(start, end));
    const from = this.whole ? 0 : start;
    for (const [at, length] of pairs) {
      this.kept.set(`${at}+${length}`, content.subarray(at - from, at - from + length));
    }
  }

  async load(start, end) {
    const answer = await fetch(this.url, { headers: { Range: `bytes=${start}-${end - 1}` } });
    if (answer.status === 404 || answer.status === 410 || answer.status === 416) throw new Stale();
    if (!answer.ok) throw new Error(`${this.url}: ${answer.status}`);
    const content = new Uint8Array(await answer.arrayBuffer());
    this.spent.bytes += content.length;
    const size = answer.status === 206 ? RANGE.exec(answer.headers.get("Content-Range"))?.[2] : content.length;
    const mark = `${answer.headers.get("ETag")} ${size}`;
    this.mark ??= mark;
    if (this.mark !== mark) throw new Stale();
    if (answer.status !== 206) this.whole = content;
    return content;
  }
}

/** Pairs in groups that lie so near each other that one request is cheaper than two. */
function together(pairs) {
  const groups = [];
  for (const pair of [...pairs].sort((one, other) => one[0] - other[0])) {
    const [start, length] = pair;
    const last = groups[groups.length - 1];
    if (last && start - last.end <= NEAR) {
      last.end = Math.max(last.end, start + length);
      last.pairs.push(pair);
    } else groups.push({ start, end: start + length, pairs: [pair] });
  }
  return groups;
}
