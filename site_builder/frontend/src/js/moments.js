// Links to a moment: `#t=83`, `#t=1:23`, `#t=1:02:03` (W3C Media Fragments, npt), and `?t=83`, which
// search engines use: they drop what follows a `#`.
const CLOCK = /^[#?](?:.*&)?t=(?:npt:)?(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)(?:[,&].*)?$/;

export function momentFromAddress({ hash, search }) {
  const found = CLOCK.exec(hash) ?? CLOCK.exec(search);
  if (!found) return null;
  const [, hours, minutes, seconds] = found;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds);
}

export class Sharing {
  constructor(root, player) {
    this.button = root.querySelector("[data-share]");
    this.player = player;
    this.label = this.button.textContent;
    this.button.addEventListener("click", () => this.share());
  }

  async share() {
    const moment = Math.floor(this.player.time);
    const url = new URL(location.href);
    url.hash = moment > 0 ? `t=${moment}` : "";
    history.replaceState(null, "", url);
    try {
      await navigator.clipboard.writeText(url.href);
    } catch {
      return; // no clipboard without HTTPS: the link stands in the address bar
    }
    this.button.textContent = this.button.dataset.done;
    this.player.say(this.button.dataset.done);
    setTimeout(() => {
      this.button.textContent = this.label;
    }, 2500);
  }
}
