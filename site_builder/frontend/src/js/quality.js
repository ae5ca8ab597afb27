// Which quality the viewer wants: automatic, data saver, one rendition, or sound only.
import { recall, remember } from "./memory.js";

export class Quality {
  constructor(root, player) {
    this.select = root.querySelector("[data-quality]");
    if (!this.select) return; // sound alone has one quality
    const wanted = recall("quality") ?? (navigator.connection?.saveData ? "saver" : "auto");
    const known = [...this.select.options].some((option) => option.value === wanted);
    this.select.value = known ? wanted : "auto";
    this.select.addEventListener("change", () => {
      remember("quality", this.select.value);
      player.choose(this.chosen);
    });
  }

  get chosen() {
    if (!this.select) return { name: "auto" };
    const option = this.select.selectedOptions[0];
    const { url, playlist, lines } = option.dataset;
    return { name: option.value, url, playlist, lines: Number(lines ?? 0) };
  }
}
