// Captions by choice, remembered; follows the browser's own captions button too.
import { recall, remember } from "./memory.js";

export class Captions {
  constructor(root, player) {
    this.select = root.querySelector("[data-captions]");
    if (!this.select) return;
    this.tracks = player.video.textTracks;
    this.select.addEventListener("change", () => {
      remember("captions", this.select.value);
      this.show(this.select.value);
    });
    this.tracks.addEventListener("change", () => this.follow());
    const wanted = recall("captions");
    if (wanted && [...this.select.options].some((option) => option.value === wanted)) {
      this.select.value = wanted;
      this.show(wanted);
    }
  }

  show(language) {
    let shown = false;
    for (const track of this.tracks) {
      const wanted = !shown && language !== "" && track.language === language;
      track.mode = wanted ? "showing" : "disabled";
      shown ||= wanted;
    }
  }

  follow() {
    const showing = [...this.tracks].find((track) => track.mode === "showing");
    const language = showing?.language ?? "";
    if (this.select.value === language) return;
    this.select.value = language;
    remember("captions", language);
  }
}
