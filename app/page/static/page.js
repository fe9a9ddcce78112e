// Renews the page in place, and says when the server no longer answers.
"use strict";

const EVERY = 1000; // ms between an answer and the next question
const PATIENCE = 2000; // ms for an answer
const SECTIONS = ["verdict", "past", "components", "work", "changes"];
const MOVES = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const told = new WeakMap(); // the cell that was told of last, of each bar
const WORDS = { h: "healthy", p: "starting or stopping", u: "unhealthy", e: "check failed", n: "nobody measured" };
let answeredAt = new Date();

class NotOurPage extends Error {}

function utc(moment) {
  return moment.toISOString().slice(0, 19).replace("T", " ") + " UTC";
}

function renew(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const sections = SECTIONS.map((id) => fresh.getElementById(id));
  if (sections.includes(null)) throw new NotOurPage();
  document.title = fresh.title;
  for (const section of sections) become(document.getElementById(section.id), section);
  prepare();
}

// Changes only what differs: nothing flickers, and scroll, focus and selection stay.
function become(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType !== Node.ELEMENT_NODE) return void (old.data = fresh.data);
  if (old.matches("output, .copy")) return; // ours, not the server's
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  const [are, shall] = [[...old.childNodes], [...fresh.childNodes]];
  shall.forEach((child, place) => (place < are.length ? become(are[place], child) : old.append(child)));
  are.slice(shall.length).forEach((child) => child.remove());
}

function prepare() {
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = !navigator.clipboard;
    button.setAttribute("aria-label", "Copy " + button.previousElementSibling.textContent);
  }
}

function lost(reason) {
  const banner = document.getElementById("lost");
  const text = `${reason} What is shown below was true at ${utc(answeredAt)}.`;
  if (banner.textContent !== text) banner.textContent = text; // once for a screen reader
  banner.hidden = false;
  document.body.classList.add("lost");
  document.title = "No answer – Claude Code Proxy";
}

function found() {
  answeredAt = new Date();
  document.getElementById("lost").hidden = true;
  document.body.classList.remove("lost");
}

async function ask() {
  try {
    const answer = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    renew(await answer.text());
    found();
  } catch (error) {
    if (error instanceof NotOurPage) lost("The server answers, but not with this page.");
    else if (error.name === "TimeoutError") lost("The server does not answer in time.");
    else lost("The server no longer answers.");
  }
}

async function keepAsking() {
  for (;;) {
    await new Promise((done) => setTimeout(done, EVERY));
    if (!document.hidden) await ask();
  }
}

// A tab that was away may show what was true long ago.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  if (new Date() - answeredAt > 2 * (EVERY + PATIENCE)) lost("Asking the server again.");
  ask();
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.(".copy");
  if (!button) return;
  await navigator.clipboard.writeText(button.previousElementSibling.textContent);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 2000);
});
// Says which time a cell is and what was then; beside the ends it is the last one there.
function tell(bar, place) {
  const { start, step, letters } = bar.dataset;
  const cell = Math.max(0, Math.min(letters.length - 1, place));
  const from = new Date((Number(start) + cell * Number(step)) * 1000);
  bar.parentElement.querySelector("output").textContent = `${utc(from).slice(0, 16)}: ${WORDS[letters[cell]]}`;
  told.set(bar, cell);
}

document.addEventListener("pointermove", (event) => {
  const bar = event.target.closest?.(".bar svg");
  if (!bar) return;
  const box = bar.getBoundingClientRect();
  tell(bar, Math.floor(((event.clientX - box.left) / box.width) * bar.dataset.letters.length));
});
document.addEventListener("keydown", (event) => {
  const bar = event.target.closest?.(".bar svg");
  if (!bar || !(event.key in MOVES)) return;
  event.preventDefault();
  tell(bar, (told.get(bar) ?? bar.dataset.letters.length) + MOVES[event.key]);
});
prepare();
keepAsking();
