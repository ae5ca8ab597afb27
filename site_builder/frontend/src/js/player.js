// Starts, switches and recovers playback. Nothing of the video is fetched before the viewer plays it.
import { loadEngine } from "./engine.js";

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
    this.retryButton = root.querySelector("[data-retry]");
    this.pending = 0;
    this.attempt = 0;
    this.choice = { name: "auto" };

    root.querySelector("[data-controls]").hidden = false;
    this.startButton.hidden = false;
    this.video.controls = false;
    this.startButton.addEventListener("click", () => this.start());
    this.retryButton.addEventListener("click", () => this.retry());
    addEventListener("online", () => this.trouble.hidden || this.retry());
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
    if (!this.opening) return;
    if (this.engine && choice.name !== "sound") this.engine.use(choice);
    else this.restart();
  }

  async start() {
    this.root.dataset.busy = "";
    this.opening ??= this.open();
    await this.opened();
    try {
      await this.video.play();
    } catch (error) {
      if (error.name === "NotAllowedError") this.settle(); // the browser's own button will do
    }
  }

  /** Waits for the latest opening: a change of quality may have replaced the one that began. */
  async opened() {
    let waited;
    while (waited !== this.opening) {
      waited = this.opening;
      await waited;
    }
  }

  async open() {
    if (this.choice.name === "sound") this.video.src = this.choice.url;
    else if (CAN_ADAPT && this.playlist) await this.openAdaptive();
    else if (this.playlist && this.video.canPlayType(HLS_TYPE)) this.video.src = this.playlist;
    else this.openFile();
  }

  openFile() {
    this.video.src = this.choice.url ?? this.file;
  }

  async openAdaptive() {
    const attempt = this.attempt;
    const Engine = await loadEngine();
    if (attempt !== this.attempt) return;
    if (!Engine) return this.openFile();
    this.engine = new Engine({
      video: this.video,
      playlist: this.playlist,
      choice: this.choice,
      from: this.pending,
      onFailure: (kind) => this.engineFailed(kind),
    });
  }

  close() {
    this.pending = this.time;
    this.attempt += 1;
    this.opening = undefined;
    this.engine?.destroy();
    this.engine = undefined;
  }

  async restart() {
    const playing = !this.video.paused || "busy" in this.root.dataset;
    this.close();
    this.opening = this.open();
    if (playing) await this.start();
  }

  engineFailed(kind) {
    if (kind === "network") return this.fail();
    this.close();
    this.opening = Promise.resolve(this.openFile());
    return this.start();
  }

  fileFailed() {
    if (this.opening && !this.engine) this.fail();
  }

  fail() {
    this.close();
    delete this.root.dataset.busy;
    this.trouble.hidden = false;
    if (this.root.contains(document.activeElement)) this.retryButton.focus();
  }

  retry() {
    this.trouble.hidden = true;
    return this.start();
  }
}
