// What was published after this recording: asked for when the reader comes near, built as text only.
const MOST = 6;

function card(template, recording) {
  const item = template.content.cloneNode(true);
  const part = (name) => item.querySelector(`[data-${name}]`);
  const still = part("still");
  still.src = recording.still;
  still.width = recording.width;
  still.height = recording.height;
  if (recording.height > recording.width) still.parentElement.classList.add("card__still--tall");
  const title = part("title");
  title.href = recording.path;
  title.textContent = recording.title;
  if (recording.language !== document.documentElement.lang) title.lang = recording.language;
  if (recording.length) {
    part("length").textContent = recording.length;
    part("story").remove();
  } else {
    part("timed").remove();
  }
  part("unit").textContent = recording.unit;
  part("day").textContent = recording.day;
  part("day").dateTime = recording.published;
  return item;
}

/** Those right after this one come first, as far as the fragment reaches back. */
function after(section, recordings) {
  const { id, published } = section.dataset;
  const later = recordings.filter((one) => one.id !== id && one.published >= published);
  return later.reverse().slice(0, MOST);
}

async function newer(section, address) {
  const answer = await fetch(address);
  return answer.ok ? after(section, (await answer.json()).recordings) : [];
}

/** Of the same unit, or where that has published nothing since, of the whole site. */
export async function fill(section) {
  let found = await newer(section, section.dataset.later);
  if (!found.length) found = await newer(section, section.dataset.else);
  const template = section.querySelector("template");
  section.querySelector("ul").append(...found.map((one) => card(template, one)));
  section.hidden = !found.length;
}
