// What the viewer chose, kept on the device. A browser that forbids storage merely forgets.
const KEY = "policetube.player";

export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}")[name];
  } catch {
    return undefined;
  }
}

export function remember(name, value) {
  try {
    const all = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    localStorage.setItem(KEY, JSON.stringify({ ...all, [name]: value }));
  } catch {
    // Private mode or a full store: the choice holds for this page.
  }
}
