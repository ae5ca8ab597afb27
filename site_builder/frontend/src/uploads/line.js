// A bad line: what fails is tried again, later and later, and at once when the line is back.
const FIRST_MS = 1000;
const LONGEST_MS = 30000;
// Without a byte sent for so long, the network has changed under the connection.
const STALLED_MS = 60000;

/** Something that trying again does not mend; `code` is the server's, `message` for people. */
export class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** Trying again may help; `reason` says what to show meanwhile: offline, line, login. */
export class Trouble extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

const aborted = () => new DOMException("stopped", "AbortError");

/** Throws if whoever acts was stopped meanwhile. */
export function insist(signal) {
  if (signal.aborted) throw aborted();
}

/** Resolves after `ms`, or as soon as the browser is online again; rejects when stopped. */
function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const end = (settle) => {
      clearTimeout(timer);
      window.removeEventListener("online", online);
      signal.removeEventListener("abort", stop);
      settle();
    };
    const online = () => end(resolve);
    const stop = () => end(() => reject(aborted()));
    const timer = setTimeout(online, ms);
    window.addEventListener("online", online);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
}

/** Calls `act` until it succeeds, refuses or is stopped; tells `onTrouble` why it waits. */
export async function persist(act, signal, onTrouble) {
  for (let tries = 0; ; tries += 1) {
    insist(signal);
    let reason = "offline";
    if (navigator.onLine) {
      try {
        const answer = await act();
        onTrouble("");
        return answer;
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        reason = navigator.onLine ? error.reason : "offline";
      }
    }
    // An address that ran out or one lost packet is no trouble that anybody needs to hear of.
    if (tries > 0 || reason !== "line") onTrouble(reason);
    const wait = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 10));
    await pause(wait * (0.75 + Math.random() / 2), signal);
  }
}

/** One request to our own doors; JSON in and out. */
export async function ask(method, url, body, signal) {
  const csrf = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  let response;
  let answer;
  try {
    response = await fetch(url, {
      method,
      signal,
      redirect: "manual",
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-Requested-With": "XMLHttpRequest",
        // Read anew: whoever logs in again in another window has another one.
        "X-CSRFToken": csrf ? csrf[1] : "",
      },
      body: body && JSON.stringify(body),
    });
    answer = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    const shut = response && (response.type === "opaqueredirect" || response.status === 403);
    throw new Trouble(shut ? "login" : "line");
  }
  if (response.ok) return answer;
  if (response.status >= 500 || !answer.error) throw new Trouble("line");
  throw new Refusal(answer.error.code, answer.error.message);
}

/** Sends a part to storage; whatever it says against it, another address is asked for. */
export function put(url, headers, blob, signal, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let watch;
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => request.abort(), STALLED_MS);
    };
    const stop = () => request.abort();
    request.open("PUT", url);
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.upload.addEventListener("progress", (event) => {
      alive();
      onProgress(event.loaded);
    });
    request.addEventListener("loadend", () => {
      clearTimeout(watch);
      signal.removeEventListener("abort", stop);
      if (request.status >= 200 && request.status < 300) resolve();
      else if (signal.aborted) reject(aborted());
      else if (request.status === 404) reject(new Refusal("gone", ""));
      else reject(new Trouble("line"));
    });
    signal.addEventListener("abort", stop);
    alive();
    if (signal.aborted) reject(aborted());
    else request.send(blob);
  });
}
