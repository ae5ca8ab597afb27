// Links of the transcript play the video of this page instead of the bare file.
export class Transcript {
  constructor(root, player) {
    this.player = player;
    root.addEventListener("click", (event) => this.follow(event));
  }

  follow(event) {
    const link = event.target.closest("[data-moment]");
    // Whoever asks for another tab gets the file there, as without scripts.
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.player.seek(Number(link.dataset.moment));
    this.player.root.scrollIntoView({ block: "nearest" });
    if (this.player.started) this.player.video.play();
    else this.player.start();
  }
}
