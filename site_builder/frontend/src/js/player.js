// Starts, switches and recovers playback. Nothing of the video is fetched before the viewer plays it.
import { createEngine } from "./engine.js";

const CAN_ADAPT = "MediaSource" in window || "ManagedMediaSource" in window;
const HLS_TYPE = "application/vnd.apple.mpegurl";

export class Player {
  constructor(root) {
    this.root = root;
    this.video = root.querySelector("video");
    this.startButton = root.querySelector("[data-start]");
    this.trouble = root.querySelector("[data-trouble]");
    this.speech = root.querySelector("[data-say]");
    this.playlist = root.dataset.hls;
    this.file = this.video.querySelector("source")?.src;
    this.pending = 0;
    this.choice = { name: "auto" };

    root.querySelector("[data-controls]").hidden = false;
    this.startButton.hidden = false;
    this.video.controls = false;
    this.startButton.addEventListener("click", () => this.start());
    root.querySelector("[data-retry]").addEventListener("click", () => this.retry());
    this.video.addEventListener("error", () => this.fileFailed());
    this.video.addEventListener("loadedmetadata", () => this.arrive());
    this.video.addEventListener("playing", () => this.settle());
  }

  get started() {
    return this.startButton.hidden;
  }

  get time() {
    return this.video.readyState ? this.video.currentTime : this.pending;
  }

  say(text) {
    this.speech.textContent = text;
  }

  /** Go to a second of the video; before it is started, remember where to start. */
  seek(seconds) {
    this.pending = Math.max(0, seconds);
    if (this.video.readyState) this.video.currentTime = this.pending;
  }

  arrive() {
    if (this.pending > 0) this.video.currentTime = Math.min(this.pending, this.video.duration);
    this.pending = 0;
  }

  settle() {
    delete this.root.dataset.busy;
    this.trouble.hidden = true;
    if (this.started) return;
    this.startButton.hidden = true;
    this.video.controls = true;
    this.video.focus({ preventScroll: true });
  }

  /** Change quality, at once if the video has started. */
  choose(choice) {
    this.choice = choice;
    if (!this.source) return;
    const kept = this.engine && choice.name !== "sound" && this.source !== "sound";
    if (kept) this.engine.use(choice);
    else this.restart();
  }

  async start() {
    if (!this.source) {
      this.root.dataset.busy = "";
      await this.open();
    }
    try {
      await this.video.play();
    } catch (error) {
      if (error.name === "NotAllowedError") this.settle(); // the browser's own button will do
    }
  }

  async open() {
    if (this.choice.name === "sound") this.openFile(this.choice.url, "sound");
    else if (CAN_ADAPT && this.playlist) await this.openAdaptive();
    else if (this.playlist && this.video.canPlayType(HLS_TYPE)) this.openFile(this.playlist, "hls");
    else this.openFile(this.fallback, "file");
  }

  get fallback() {
    return this.choice.url ?? this.file;
  }

  openFile(url, source) {
    this.source = source;
    this.video.src = url;
  }

  async openAdaptive() {
    this.source = "adaptive";
    try {
      this.engine = await createEngine({
        video: this.video,
        playlist: this.playlist,
        choice: this.choice,
        from: this.pending,
        onFailure: (kind) => this.engineFailed(kind),
      });
    } catch {
      this.openFile(this.fallback, "file"); // the engine did not arrive: the plain file does
    }
  }

  close() {
    this.engine?.destroy();
    this.engine = undefined;
    this.source = undefined;
  }

  async restart() {
    const { paused } = this.video;
    this.pending = this.time;
    this.close();
    await this.open();
    if (!paused) await this.start();
  }

  engineFailed(kind) {
    if (kind === "network") return this.fail();
    this.pending = this.time;
    this.close();
    this.openFile(this.fallback, "file");
    return this.start();
  }

  fileFailed() {
    if (this.source && this.source !== "adaptive") this.fail();
  }

  fail() {
    this.pending = this.time;
    delete this.root.dataset.busy;
    this.trouble.hidden = false;
    this.root.querySelector("[data-retry]").focus();
  }

  async retry() {
    this.trouble.hidden = true;
    this.close();
    await this.start();
  }
}
