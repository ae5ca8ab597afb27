// The adaptive engine, apart from watch.js so that only a viewer who presses play fetches it.
// The light build: our captions are native tracks, our sound is muxed, nothing is encrypted.
export { default } from "hls.js/light";
