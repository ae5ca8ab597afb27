// One file on its way. Everything is asked of the server again after a break, so that a reload,
// another network or another day makes no difference.
import { base64, fingerprint, hex, md5, ofParts } from "./hashing.js";
import { ask, insist, persist, put, Refusal } from "./line.js";

const LOOK_MS = 1000;
const WINDOW_MS = 15000;
// Of all files together: more connections make none of them faster.
const CONCURRENCY = 4;
// What ends and may begin anew without asking anybody.
const BEGIN_ANEW = new Set(["gone", "damaged", "lost"]);
const MOST_BEGINNINGS = 3;

const waiting = [];
let free = CONCURRENCY;

async function turn(act) {
  if (free > 0) free -= 1;
  else await new Promise((resolve) => waiting.push(resolve));
  try {
    return await act();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Sender extends EventTarget {
  /** `doors` is the address of the uploads; `title` and `collection` may be empty. */
  constructor(file, { doors, title = "", collection = "" }) {
    super();
    this.file = file;
    this.doors = doors;
    this.asked = { title, collection };
    this.state = "reading"; // sending, paused, checking, done, known, failed, ended
    this.trouble = "";
    this.message = "";
    this.asset = null;
    this.upload = null;
    this.settled = 0;
    this.inFlight = new Map();
    this.samples = [];
    this.stopper = new AbortController();
  }

  get active() {
    return ["reading", "sending", "checking"].includes(this.state);
  }

  get sent() {
    return Math.min(this.file.size, [...this.inFlight.values()].reduce((a, b) => a + b, this.settled));
  }

  /** Bytes a second of the last moments; 0 while nobody knows. */
  get speed() {
    const [first] = this.samples;
    const last = this.samples[this.samples.length - 1];
    if (!first || last.at - first.at < 1000) return 0;
    return Math.max(0, (1000 * (last.sent - first.sent)) / (last.at - first.at));
  }

  get secondsLeft() {
    return this.speed ? (this.file.size - this.sent) / this.speed : Infinity;
  }

  async start({ again = false } = {}) {
    this.stopper = new AbortController();
    // Of this start alone: what still waits of an earlier one stays stopped.
    const { signal } = this.stopper;
    this.change("reading");
    try {
      await this.carry(again, signal);
    } catch (error) {
      if (signal.aborted || error.name === "AbortError") return;
      // NotReadableError: the phone has moved or changed the file meanwhile.
      this.message = error instanceof Refusal ? error.message : "";
      this.change("failed");
    }
  }

  pause() {
    this.stopper.abort();
    this.change("paused");
  }

  async cancel() {
    this.stopper.abort();
    this.change("ended");
    if (this.upload) await giveUp(this.doors, this.upload.id);
  }

  async carry(again, signal) {
    this.fingerprint ??= await fingerprint(this.file);
    for (let beginnings = 1; ; beginnings += 1) {
      try {
        return await this.attempt(again || beginnings > 1, signal);
      } catch (error) {
        if (!BEGIN_ANEW.has(error.code) || beginnings >= MOST_BEGINNINGS) throw error;
      }
    }
  }

  async attempt(again, signal) {
    const { name, size } = this.file;
    const asked = { name, size, fingerprint: this.fingerprint, ...this.asked, again };
    const begun = await this.ask(signal, "POST", this.doors, asked);
    if (begun.known && !begun.id) {
      this.asset = begun.asset;
      this.change("known");
      return;
    }
    this.upload = begun;
    this.dispatchEvent(new Event("begun"));
    const checksum = begun.state === "open" ? await this.sendParts(signal) : "";
    await this.finish(checksum, signal);
  }

  async sendParts(signal) {
    const { id, part_size: each } = this.upload;
    const { stored = [] } = await this.ask(signal, "GET", this.door(id));
    const there = new Map(stored.map((part) => [part.number, part.etag]));
    const count = Math.ceil(this.file.size / each);
    const digests = new Array(count);
    this.settled = 0;
    this.inFlight.clear();
    this.samples = [];
    this.change("sending");
    // The hands stop with their start, and when one of them has failed.
    const hands = new AbortController();
    const stop = () => hands.abort();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    let next = 1;
    const hand = async () => {
      while (next <= count) {
        const number = next;
        next += 1;
        await turn(async () => {
          insist(hands.signal);
          const blob = this.file.slice((number - 1) * each, number * each);
          const digest = await md5(blob);
          digests[number - 1] = digest;
          // Only what is there with the same bytes is not sent.
          if (there.get(number) !== hex(digest)) await this.sendPart(number, blob, digest, hands.signal);
          insist(hands.signal);
          this.inFlight.delete(number);
          this.settled += blob.size;
          this.change();
        });
      }
    };
    try {
      await Promise.all(Array.from({ length: CONCURRENCY }, hand));
    } finally {
      // The others must not go on beside whoever begins anew.
      stop();
      signal.removeEventListener("abort", stop);
    }
    return ofParts(digests);
  }

  sendPart(number, blob, digest, signal) {
    const md5Text = base64(digest);
    const act = async () => {
      this.inFlight.set(number, 0);
      const { parts } = await ask(
        "POST",
        this.door(this.upload.id, "sign/"),
        { parts: [{ number, md5: md5Text }] },
        signal,
      );
      await put(parts[0].url, parts[0].headers, blob, signal, (loaded) => {
        this.inFlight.set(number, loaded);
        this.sample();
      });
    };
    return persist(act, signal, (reason) => this.setTrouble(reason));
  }

  async finish(checksum, signal) {
    insist(signal);
    this.change("checking");
    const { id } = this.upload;
    let now = await this.ask(signal, "POST", this.door(id, "finish/"), { checksum });
    while (now.state === "finishing") {
      await sleep(LOOK_MS);
      now = await this.ask(signal, "GET", this.door(id));
    }
    if (now.state !== "done") throw new Refusal("damaged", now.message);
    this.asset = now.asset;
    this.known = now.known;
    this.change("done");
  }

  ask(signal, method, url, body) {
    return persist(() => ask(method, url, body, signal), signal, (reason) => this.setTrouble(reason));
  }

  door(id, name = "") {
    return `${this.doors}${id}/${name}`;
  }

  sample() {
    const at = Date.now();
    this.samples = this.samples.filter((sample) => at - sample.at < WINDOW_MS);
    this.samples.push({ at, sent: this.sent });
    this.change();
  }

  setTrouble(reason) {
    if (this.trouble === reason) return;
    this.trouble = reason;
    if (reason) this.samples = [];
    this.change();
  }

  change(state = this.state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/** Gives up an upload; one that has ended is no error. */
export async function giveUp(doors, id) {
  try {
    await ask("DELETE", `${doors}${id}/`);
  } catch {
    // Nobody goes on with it: the server gives it up by itself some day.
  }
}
