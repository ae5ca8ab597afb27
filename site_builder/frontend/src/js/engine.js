// hls.js, set for thrift: start low, look ahead little, never fetch more lines than the screen shows.
const SAVER_LINES = 240;
const START_LINES = 360;

const shortSide = (level) => Math.min(level.width || Infinity, level.height || Infinity);

/** Index of the best level of at most so many lines, the lowest if all have more; of equals the
 * one of fewer bits. */
export function levelFor(levels, lines) {
  let best = 0;
  levels.forEach((level, index) => {
    const [own, other] = [shortSide(level), shortSide(levels[best])];
    const better = own <= lines ? own > other || other > lines : own < other;
    if (better || (own === other && level.bitrate < levels[best].bitrate)) best = index;
  });
  return best;
}

/** Indices, highest first, of levels whose codec has been added since phones of 2019 and that this
 * device could not show without dropping pictures. */
export async function tooHard(levels, media = navigator.mediaCapabilities) {
  const found = await Promise.all(
    levels.map(async (level) => {
      if (!level.videoCodec?.startsWith("av01")) return false;
      if (!media) return true;
      const video = {
        contentType: `video/mp4; codecs="${level.videoCodec}"`,
        width: level.width,
        height: level.height,
        bitrate: level.bitrate,
        framerate: level.frameRate || 25,
      };
      try {
        const { supported, smooth } = await media.decodingInfo({ type: "media-source", video });
        return !(supported && smooth);
      } catch {
        return true;
      }
    }),
  );
  return found.flatMap((hard, index) => (hard ? [index] : [])).reverse();
}

function settings(choice, from) {
  const saver = choice.name === "saver";
  return {
    enableWorker: false, // fragmented MP4 needs no transmuxing
    autoStartLoad: false, // first it is seen what this device can show
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
    this.from = from;
    this.hls.on(Hls.Events.MANIFEST_PARSED, () => this.begin());
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

  async begin() {
    const hard = await tooHard(this.hls.levels);
    if (this.closed) return;
    for (const index of hard) this.hls.removeLevel(index);
    this.use(this.choice, true);
    this.hls.startLoad(this.from > 0 ? this.from : -1);
  }

  use(choice, atStart = false) {
    this.choice = choice;
    const { hls } = this;
    const named = hls.levels.find((level) => level.url.includes(choice.playlist));
    const fixed = named ? levelFor(hls.levels, shortSide(named)) : -1;
    const saver = choice.name === "saver";
    hls.capLevelToPlayerSize = !saver; // it writes the cap too, so it goes first
    if (saver) hls.autoLevelCapping = levelFor(hls.levels, SAVER_LINES);
    if (atStart) {
      hls.startLevel = fixed >= 0 ? fixed : levelFor(hls.levels, saver ? SAVER_LINES : START_LINES);
    }
    hls.nextLevel = fixed;
  }

  destroy() {
    this.closed = true;
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
