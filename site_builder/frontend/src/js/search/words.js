// Text -> the words it is found by, as site_builder/search/words.py files them, word for word.
// The stemmer is the Indonesian one of Snowball (snowballstem.org), which Python has as a package.
import stop from "../../../../search/stop.json";

const STOP = new Set(stop);
const TOKEN = /[\p{L}\p{N}]+/gu;
const MARK = /\p{M}/gu;
const LATIN = /^[a-z]+$/;
const SWALLOWED = /^([mp]en)(?=[aeiou])/;
const VOWEL = /[aeiou]/g;
const FEWEST_VOWELS = 3;
export const SHORTEST_BEGINNING = 3;
export const LONGEST_BEGINNING = 12;

export const fold = (text) => text.toLowerCase().normalize("NFKD").replace(MARK, "");
export const tokens = (text) => fold(text).match(TOKEN) ?? [];
export const says = (token) => !STOP.has(token);

const vowels = (word) => word.match(VOWEL)?.length ?? 0;

export function stem(token) {
  if (!LATIN.test(token) || vowels(token) < FEWEST_VOWELS) return token;
  return snowball(token.replace(SWALLOWED, "$1t"));
}

// What `prefix` is after the removal of one: which suffixes may go with it.
const MEN = 1;
const BER = 2;
const KE = 3;
const BE = 4;

function snowball(token) {
  const state = { word: token, measure: vowels(token), prefix: 0, restored: false };
  cut(state, /(?:kah|lah|pun)$/);
  if (state.measure <= 2) return state.word;
  cut(state, /(?:nya|ku|mu)$/);
  if (state.measure <= 2) return state.word;
  if (firstPrefix(state)) {
    if (state.measure > 2 && suffix(state) && state.measure > 2) secondPrefix(state);
  } else {
    secondPrefix(state);
    if (state.measure > 2) suffix(state);
  }
  return state.word;
}

function cut(state, ending) {
  if (!ending.test(state.word)) return;
  state.word = state.word.replace(ending, "");
  state.measure -= 1;
}

function take(state, letters, prefix, instead = "") {
  state.word = instead + state.word.slice(letters);
  state.measure -= 1;
  state.prefix = prefix;
  state.restored = instead !== "";
  return true;
}

function firstPrefix(state) {
  const found = /^(?:di|ter|ke|meng|men|mem|me|peng|pen|pem)/.exec(state.word)?.[0];
  if (!found) return false;
  const rest = state.word.slice(found.length);
  const prefix = found.startsWith("k") || found.startsWith("p") ? KE : MEN;
  if (found.endsWith("en") && /^y[aeiou]/.test(rest)) return take(state, found.length + 1, prefix, "s");
  if (found.endsWith("em") && /^[aeiou]/.test(rest)) return take(state, found.length, prefix, "p");
  return take(state, found.length, prefix);
}

function secondPrefix(state) {
  const { word, restored } = state;
  if (restored) return false; // what stands there belongs to the word
  const begins = word.slice(0, 2);
  if (begins !== "be" && begins !== "pe") return false;
  const prefix = begins === "pe" ? BER : BE;
  if (word[2] === "r") return take(state, 3, prefix);
  if (word.startsWith("lajar", 2)) return take(state, 3, begins === "pe" ? state.prefix : BE);
  if (begins === "pe") return take(state, 2, BER);
  return /^[^aeiou]er/.test(word.slice(2)) ? take(state, 2, BE) : false;
}

function suffix(state) {
  const { word, prefix } = state;
  if (word.endsWith("an")) {
    if (word.endsWith("kan") && prefix !== KE && prefix !== BER) cut(state, /kan$/);
    else if (prefix === MEN) return false;
    else cut(state, /an$/);
    return true;
  }
  if (!word.endsWith("i") || prefix > 2 || word.endsWith("si")) return false;
  cut(state, /i$/);
  return true;
}
