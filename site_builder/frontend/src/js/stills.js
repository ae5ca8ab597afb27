// Finding a moment by picture: the storyboard as a strip, fetched when it is first opened.
const CUE = /(?:(\d+):)?(\d+):(\d+\.\d+)\s+-->.*\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)/g;
const MOST = 120;

export function cuesOf(text, base) {
  return Array.from(text.replace(/\r\n?/g, "\n").matchAll(CUE), (cue) => ({
    at: Number(cue[1] ?? 0) * 3600 + Number(cue[2]) * 60 + Number(cue[3]),
    url: new URL(cue[4], base).href,
    area: cue.slice(5).map(Number),
  }));
}

export function clock(seconds) {
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  if (whole >= 3600) parts.unshift(Math.floor(whole / 3600));
  return parts.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}

function picture(url) {
  const image = new Image();
  image.src = url;
  return image.decode().then(() => image);
}

export class Stills {
  constructor(root, player) {
    this.box = root.querySelector("[data-stills]");
    if (!this.box) return;
    this.strip = root.querySelector("[data-strip]");
    this.player = player;
    this.buttons = [];
    this.box.hidden = false;
    this.box.addEventListener("toggle", () => this.box.open && this.load());
    this.strip.addEventListener("keydown", (event) => this.walk(event));
    player.video.addEventListener("timeupdate", () => this.mark());
  }

  async load() {
    if (this.loading) return;
    this.loading = true;
    const index = this.box.dataset.index;
    try {
      const answer = await fetch(index);
      if (!answer.ok) throw new Error(`${answer.status} ${index}`);
      const cues = cuesOf(await answer.text(), index);
      const step = Math.ceil(cues.length / MOST);
      const shown = cues.filter((_, place) => place % step === 0);
      const sprites = new Map(shown.map((cue) => [cue.url, picture(cue.url)]));
      for (const cue of shown) this.add(cue, sprites.get(cue.url));
      await Promise.all(sprites.values());
    } catch {
      this.loading = false; // opening it again tries again
      this.strip.replaceChildren();
      this.buttons = [];
      this.box.open = false;
    }
    this.mark();
  }

  add(cue, sprite) {
    const [x, y, width, height] = cue.area;
    const still = document.createElement("canvas");
    still.width = width;
    still.height = height;
    sprite.then(
      (image) => still.getContext("2d").drawImage(image, x, y, width, height, 0, 0, width, height),
      () => {},
    );
    const button = document.createElement("button");
    button.type = "button";
    button.className = "still";
    button.tabIndex = this.buttons.length ? -1 : 0;
    button.append(still, clock(cue.at));
    button.addEventListener("click", () => {
      this.player.seek(cue.at);
      this.player.start();
    });
    this.buttons.push(Object.assign(button, { at: cue.at }));
    const item = document.createElement("li");
    item.append(button);
    this.strip.append(item);
  }

  walk(event) {
    const here = this.buttons.indexOf(document.activeElement);
    const last = this.buttons.length - 1;
    const next = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last }[event.key];
    if (here < 0 || next === undefined || !this.buttons[next]) return;
    event.preventDefault();
    this.buttons[here].tabIndex = -1;
    this.buttons[next].tabIndex = 0;
    this.buttons[next].focus();
  }

  mark() {
    const time = this.player.time;
    const current = this.buttons.findLast?.((button) => button.at <= time + 0.05);
    if (current === this.current) return;
    this.current?.removeAttribute("aria-current");
    current?.setAttribute("aria-current", "true");
    this.current = current;
    if (current && !this.strip.matches(":hover, :focus-within")) {
      const { strip } = this;
      strip.scrollLeft = current.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
    }
  }
}
