// What a page does while it is open: it updates what has changed, shows records as they move, and sends forms without
// leaving. All pages and forms work without this script too.
"use strict";

const PAUSE_MS = 400; // between two reloads of a page, at least
const token = document.body.dataset.token;

// ---- what has changed

let waiting = null;
let loading = false;

function refreshSoon() {
  if (waiting === null) waiting = setTimeout(refresh, PAUSE_MS);
}

async function refresh() {
  waiting = null;
  if (loading || document.hidden || !document.querySelector("[data-region]")) return;
  loading = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok) takeOver(parsed(await answer.text()));
  } catch {
    // the cloud has ended, or the next event loads it
  } finally {
    loading = false;
    refreshWhileIncomplete();
  }
}

// Answers that the stack still owes are asked for again soon.
function refreshWhileIncomplete() {
  if (document.querySelector("[data-incomplete]")) refreshSoon();
}

function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

// Regions that differ are replaced as a whole; what a person opened, chose or is typing stays.
function takeOver(page) {
  for (const region of document.querySelectorAll("[data-region]")) {
    const fresh = page.getElementById(region.id);
    if (!fresh || region.contains(document.activeElement?.closest("input, textarea, select, dialog"))) continue;
    if (document.getSelection()?.type === "Range" && region.contains(document.getSelection().anchorNode)) continue;
    for (const kept of region.querySelectorAll("details[id]")) {
      const same = fresh.querySelector(`#${CSS.escape(kept.id)}`);
      if (same) same.open = kept.open;
    }
    for (const box of region.querySelectorAll("input[type=checkbox]:checked")) {
      const same = fresh.querySelector(`input[name="${CSS.escape(box.name)}"][value="${CSS.escape(box.value)}"]`);
      if (same) { same.checked = true; same.toggleAttribute("checked", true); }
    }
    if (fresh.isEqualNode(region)) continue;
    const focused = region.contains(document.activeElement) ? document.activeElement.id || document.activeElement.getAttribute("href") : null;
    region.replaceChildren(...document.importNode(fresh, true).childNodes);
    if (focused) [...region.querySelectorAll("[id], [href]")].find((each) => focused === (each.id || each.getAttribute("href")))?.focus();
  }
}

// ---- what moves

function move(moved) {
  for (const edge of document.querySelectorAll(".edge[data-function]")) {
    if (!moved[edge.dataset.function]) continue;
    edge.classList.remove("moving");
    void edge.offsetWidth; // restarts the animation
    edge.classList.add("moving");
  }
}

// ---- events from the console

const connection = document.getElementById("connection");
const told = new EventSource(document.body.dataset.live);
told.onmessage = (event) => {
  move(JSON.parse(event.data));
  refreshSoon();
};
told.onopen = () => { connection.textContent = ""; };
told.onerror = () => { connection.textContent = "The console does not answer. This page shows what was last known."; };
document.addEventListener("visibilitychange", refreshSoon);
refreshWhileIncomplete();

// ---- actions

function say(text) {
  document.getElementById("notice").textContent = text;
}

// The page that follows an action: another page is opened, this one is updated.
async function show(answer) {
  const page = parsed(await answer.text());
  const here = new URL(location.href);
  const there = new URL(answer.url);
  if (answer.ok && there.pathname !== here.pathname) {
    location.assign(there);
    return;
  }
  say((page.getElementById("notice")?.textContent || page.querySelector(".problem")?.textContent || "").trim());
  takeOver(page);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) return;
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  const button = event.submitter ?? form.querySelector("button");
  const address = button.getAttribute("formaction") ?? form.getAttribute("action");
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  say("");
  try {
    await show(await fetch(address, { method: "POST", body: fields }));
  } catch {
    say("The console does not answer.");
  } finally {
    button.removeAttribute("aria-busy");
    button.disabled = false;
    refreshSoon();
  }
});

// One checkbox for all checkboxes of its form.
document.addEventListener("change", (event) => {
  const all = event.target.closest("input[data-all]");
  if (!all) return;
  for (const box of document.querySelectorAll(`input[name="${CSS.escape(all.dataset.all)}"]`)) box.checked = all.checked;
});

// ---- files

// Sends a chosen or dropped file as it is, and shows the answer in the element that `data-answer` names.
async function send(zone, file) {
  const place = document.getElementById(zone.dataset.answer);
  place.textContent = `Reading ${file.name} ...`;
  try {
    const address = `${zone.dataset.drop}?name=${encodeURIComponent(file.name)}`;
    const answer = await fetch(address, { method: "POST", body: file, headers: { "X-Page-Token": token } });
    const page = parsed(await answer.text());
    place.replaceChildren(...document.importNode(page.getElementById("answer") ?? page.querySelector("main"), true).childNodes);
  } catch {
    place.textContent = "The console does not answer.";
  }
}

for (const zone of document.querySelectorAll("[data-drop]")) {
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files.length) send(zone, event.dataTransfer.files[0]);
  });
  zone.querySelector("input[type=file]").addEventListener("change", (event) => {
    if (event.target.files.length) send(zone, event.target.files[0]);
    event.target.value = "";
  });
}
