// The stretch of a text that shows what was found, its words marked.
import { fold, stem } from "./words.js";

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const LETTERS = 180;
const BEFORE = 60;

/** Whether a word of a text is one of those looked for. */
function matcher(words) {
  const stems = new Set(words.map(({ terms }) => terms[0]));
  const begun = words.flatMap(({ terms }) => terms.slice(1)).map((term) => term.slice(1));
  return (word) => {
    const folded = fold(word);
    return stems.has(stem(folded)) || begun.some((letters) => folded.startsWith(letters));
  };
}

/** The passage that says most of the words: `[second, text]`. */
export function bestPassage(passages, words) {
  const matches = matcher(words);
  const worth = ([, text]) => new Set((text.match(WORD) ?? []).filter(matches).map((word) => stem(fold(word)))).size;
  return passages.reduce((best, one) => (worth(one) > worth(best) ? one : best));
}

/** Nodes of an excerpt of some texts: where a word is, else the beginning of the first. */
export function excerpt(texts, words) {
  const matches = matcher(words);
  const found = texts.map((text) => [text, [...text.matchAll(WORD)].find(([word]) => matches(word))]);
  const [text, hit] = found.find(([, place]) => place) ?? found[0];
  const from = hit && hit.index > LETTERS - BEFORE ? text.lastIndexOf(" ", hit.index - BEFORE) + 1 : 0;
  const end = text.length - from <= LETTERS ? text.length : text.lastIndexOf(" ", from + LETTERS);
  const shown = text.slice(from, end > from ? end : from + LETTERS);
  return marked(`${from ? "… " : ""}${shown}${from + shown.length < text.length ? " …" : ""}`, words);
}

/** Nodes of a text, the words looked for in `<mark>`. */
export function marked(text, words) {
  const matches = matcher(words);
  const nodes = [];
  let at = 0;
  for (const hit of text.matchAll(WORD)) {
    if (!matches(hit[0])) continue;
    const mark = document.createElement("mark");
    mark.textContent = hit[0];
    nodes.push(text.slice(at, hit.index), mark);
    at = hit.index + hit[0].length;
  }
  return [...nodes, text.slice(at)];
}
