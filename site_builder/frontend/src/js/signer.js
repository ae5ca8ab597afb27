// The sign-language video beside the first, in step with it: silent, small, fetched when opened.
import { loadEngine } from "./engine.js";
import { recall, remember } from "./memory.js";

const CAN_ADAPT = "MediaSource" in window || "ManagedMediaSource" in window;
const HLS_TYPE = "application/vnd.apple.mpegurl";
const LOOK_EVERY = 250; // milliseconds between two looks at the drift
const CLOSE = 0.04; // seconds: a picture; nearer it need not be
const FAR = 0.6; // seconds: further away it jumps instead of running after
const HURRY = 0.25; // how much faster or slower it may run

/** How fast the signer runs to meet the speaker; null to jump there. */
export function pace(drift, rate) {
  if (Math.abs(drift) > FAR) return null;
  if (Math.abs(drift) <= CLOSE) return rate;
  return rate * (1 - Math.max(-HURRY, Math.min(HURRY, drift)));
}

export class Signer {
  constructor(root, player) {
    this.box = root.querySelector("[data-signer]");
    if (!this.box) return;
    this.root = root;
    this.player = player;
    this.main = player.video;
    this.video = this.box.querySelector("video");
    this.file = this.video.querySelector("source")?.src;
    this.video.controls = false;
    this.video.muted = true;
    this.box.addEventListener("toggle", () => this.toggle());
    for (const event of ["play", "playing", "pause", "waiting", "seeking", "seeked", "ratechange"]) {
      this.main.addEventListener(event, () => this.follow());
    }
    this.main.addEventListener("ended", () => this.video.pause());
    this.video.addEventListener("loadedmetadata", () => this.follow());
    this.box.open = recall("signer") === true;
    this.toggle();
  }

  toggle() {
    const { open } = this.box;
    if (open !== (recall("signer") === true)) remember("signer", open);
    this.root.toggleAttribute("data-signed", open);
    if (open) this.follow();
    else {
      this.video.pause();
      clearInterval(this.watch);
      this.watch = undefined;
    }
  }

  /** Fetched when it is seen and the speaker has begun, never before. */
  open() {
    this.opening ??= this.load();
    return this.opening;
  }

  async load() {
    const playlist = this.box.dataset.hls;
    if (CAN_ADAPT && playlist) {
      const Engine = await loadEngine();
      if (Engine) {
        this.engine = new Engine({
          video: this.video,
          playlist,
          choice: { name: "saver" },
          from: this.main.currentTime,
          onFailure: () => this.fallBack(),
        });
        return;
      }
    } else if (playlist && this.video.canPlayType(HLS_TYPE)) {
      this.video.src = playlist;
      return;
    }
    this.openFile();
  }

  openFile() {
    this.video.src = this.file;
  }

  fallBack() {
    this.engine?.destroy();
    this.engine = undefined;
    this.openFile();
  }

  follow() {
    const { main, video } = this;
    if (!this.box.open || !main.readyState) return;
    this.open();
    const goes = !main.paused && !main.ended && !main.seeking && main.readyState > 2;
    if (goes && this.watch === undefined) this.watch = setInterval(() => this.correct(), LOOK_EVERY);
    if (!goes) {
      clearInterval(this.watch);
      this.watch = undefined;
      video.pause();
    }
    this.correct();
    if (goes && video.readyState) video.play().catch(() => {}); // silent: nothing forbids it
  }

  /** Runs after the speaker, or jumps to where the speaker is. */
  correct() {
    const { main, video } = this;
    if (!main.readyState || !video.readyState || video.seeking) return;
    const goal = Math.min(main.currentTime, video.duration || Infinity);
    const drift = video.currentTime - goal;
    const rate = pace(drift, main.playbackRate);
    const still = main.paused || main.seeking;
    if (rate === null || (still && Math.abs(drift) > CLOSE)) {
      video.currentTime = goal;
      video.playbackRate = main.playbackRate;
    } else video.playbackRate = rate;
    if (!main.paused && main.readyState > 2 && video.paused && !video.ended) {
      video.play().catch(() => {});
    }
  }
}
