// The watch page, enhanced. Without this file the video plays by the browser's own means.
import { Captions } from "./captions.js";
import { momentFromAddress, Sharing } from "./moments.js";
import { Player } from "./player.js";
import { Quality } from "./quality.js";
import { Signer } from "./signer.js";
import { Stills } from "./stills.js";
import { Transcript } from "./transcript.js";

function enhance(root) {
  const player = new Player(root);
  const quality = new Quality(root, player);
  new Captions(root, player);
  // Not where another site shows the player: the address there is not ours.
  if (root.querySelector("[data-share]")) new Sharing(root, player);
  new Signer(root, player);
  new Stills(root, player);
  player.choose(quality.chosen);
  for (const said of document.querySelectorAll("[data-transcript]")) new Transcript(said, player);

  const jump = () => {
    const moment = momentFromAddress(location);
    if (moment !== null) player.seek(moment);
  };
  addEventListener("hashchange", jump);
  jump();
}

for (const root of document.querySelectorAll("[data-player]")) enhance(root);
