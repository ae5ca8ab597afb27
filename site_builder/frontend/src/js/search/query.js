// What was typed -> the terms to look for.
import { LONGEST_BEGINNING, SHORTEST_BEGINNING, says, stem, tokens } from "./words.js";

const JAKARTA = 7 * 3600;
const DAY = 86400;
const DAYS_BEFORE_1970 = 719163; // Python's ordinal of 1 January 1970

/** Words to be found, each under one of its terms; the last one may be unfinished. */
export function wordsOf(text) {
  const typed = tokens(text);
  const open = typed.length > 0 && !/\s$/.test(text);
  const words = [];
  typed.forEach((token, place) => {
    const terms = says(token) ? [stem(token)] : [];
    const unfinished = open && place === typed.length - 1 && token.length >= SHORTEST_BEGINNING;
    if (unfinished && terms.length) terms.push(`^${token.slice(0, LONGEST_BEGINNING)}`);
    if (terms.length) words.push({ token, terms });
  });
  return words;
}

/** Ordinal of a day `yyyy-mm-dd`, null for none. */
export function dayOf(text) {
  const moment = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(moment) ? null : moment / 1000 / DAY + DAYS_BEFORE_1970;
}

/** Ordinal of the day in Jakarta of a moment in seconds. */
export const dayAt = (seconds) => Math.floor((seconds + JAKARTA) / DAY) + DAYS_BEFORE_1970;
