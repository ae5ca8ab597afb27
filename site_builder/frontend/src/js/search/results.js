// A result as the page's <template> draws it.
import { bestPassage, excerpt, marked } from "./excerpt.js";

const ZONE = "Asia/Jakarta";
const clock = (seconds) => {
  const [minutes, rest] = [Math.floor(seconds / 60), String(Math.floor(seconds % 60)).padStart(2, "0")];
  const [hours, left] = [Math.floor(minutes / 60), minutes % 60];
  return hours ? `${hours}:${String(left).padStart(2, "0")}:${rest}` : `${left}:${rest}`;
};

export function drawn(template, { card, said }, words) {
  const node = template.content.cloneNode(true);
  const part = (name) => node.querySelector(`[data-${name}]`);
  const own = document.documentElement.lang;
  const title = part("title");
  title.href = card.path;
  title.replaceChildren(...marked(card.title, words));
  if (card.language !== own) [title.lang, title.hreflang] = [card.language, card.language];
  part("unit").href = card.unit[1];
  part("unit").textContent = card.unit[0];
  part("place").textContent = card.place;
  part("place").hidden = !card.place;
  const date = part("date");
  date.dateTime = card.date;
  date.textContent = new Intl.DateTimeFormat(own, { dateStyle: "long", timeZone: ZONE }).format(new Date(card.date));
  draw(node, card);
  part("excerpt").replaceChildren(...excerpt([card.synopsis, card.body], words));
  part("excerpt").lang = card.language;
  const moment = part("moment");
  if (!said) moment.remove();
  else {
    const [second, text] = bestPassage(said, words);
    const link = moment.querySelector("a");
    link.href = `${card.path}#t=${Math.floor(second)}`;
    link.querySelector("[data-clock]").textContent = clock(second);
    const spoken = moment.querySelector("[data-said]");
    spoken.replaceChildren(...marked(text, words));
    spoken.lang = card.language;
  }
  return node;
}

function draw(node, card) {
  if (card.poster) {
    const [src, width, height] = card.poster;
    const still = node.querySelector("[data-still]");
    const image = Object.assign(new Image(width, height), { loading: "lazy", decoding: "async", alt: "", src });
    still.prepend(image);
    still.classList.toggle("card__still--tall", height > width);
  }
  node.querySelector("[data-story]").hidden = card.kind !== "STORY";
  node.querySelector("[data-sound]").hidden = card.kind !== "AUDIO";
  node.querySelector("[data-captions]").hidden = !card.captions;
  const length = node.querySelector("[data-length]");
  if (card.duration) length.querySelector("[data-clock]").textContent = clock(card.duration);
  else length.remove();
}
