// hls.js, set for thrift: start low, look ahead little, never fetch more lines than the screen shows.
const SAVER_LINES = 240;
const START_LINES = 360;

const shortSide = (level) => Math.min(level.width || Infinity, level.height || Infinity);

/** Index of the best level of at most so many lines; the lowest if all have more. */
export function levelFor(levels, lines) {
  let best = 0;
  levels.forEach((level, index) => {
    const more = shortSide(level) > shortSide(levels[best]);
    if (shortSide(level) <= lines && (more || shortSide(levels[best]) > lines)) best = index;
  });
  return best;
}

function settings(choice, from) {
  const saver = choice.name === "saver";
  return {
    enableWorker: false, // fragmented MP4 needs no transmuxing
    startPosition: from > 0 ? from : -1,
    startFragPrefetch: false,
    testBandwidth: false,
    capLevelToPlayerSize: !saver,
    maxBufferLength: saver ? 10 : 20,
    maxMaxBufferLength: saver ? 20 : 60,
    backBufferLength: 30,
    abrEwmaDefaultEstimate: 600_000,
  };
}

class Engine {
  static Hls;

  constructor({ video, playlist, choice, from, onFailure }) {
    const { Hls } = Engine;
    this.hls = new Hls(settings(choice, from));
    this.choice = choice;
    this.mended = false;
    this.hls.on(Hls.Events.MANIFEST_PARSED, () => this.use(this.choice, true));
    this.hls.on(Hls.Events.ERROR, (_, failure) => {
      if (!failure.fatal) return;
      if (failure.type === Hls.ErrorTypes.NETWORK_ERROR) onFailure("network");
      else if (failure.type === Hls.ErrorTypes.MEDIA_ERROR && !this.mended) {
        this.mended = true;
        this.hls.recoverMediaError();
      } else onFailure("engine");
    });
    this.hls.loadSource(playlist);
    this.hls.attachMedia(video);
  }

  use(choice, atStart = false) {
    this.choice = choice;
    const { hls } = this;
    const fixed = hls.levels.findIndex((level) => level.url.includes(choice.playlist));
    const saver = choice.name === "saver";
    hls.capLevelToPlayerSize = !saver; // it writes the cap too, so it goes first
    if (saver) hls.autoLevelCapping = levelFor(hls.levels, SAVER_LINES);
    if (atStart) {
      hls.startLevel = fixed >= 0 ? fixed : levelFor(hls.levels, saver ? SAVER_LINES : START_LINES);
    }
    hls.nextLevel = fixed;
  }

  destroy() {
    this.hls.destroy();
  }
}

/** The engine's class, or null where it did not arrive or cannot run. */
export async function loadEngine() {
  try {
    Engine.Hls ??= (await import("./hls.js")).default;
  } catch {
    return null; // the plain file will do
  }
  return Engine.Hls.isSupported() ? Engine : null;
}
