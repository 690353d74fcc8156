// What a little JavaScript makes nicer; every page works without it.
"use strict";

// The door opens by itself, once: a browser that comes back to it stays.
const door = document.querySelector("form[data-enter]");
if (door && performance.getEntriesByType("navigation")[0]?.type === "navigate") door.submit();

// A second click waits for the first one's answer; a page that is shown again from memory may be sent again.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy")) event.preventDefault();
    form.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => form.removeAttribute("aria-busy"));
}

function offerCopy() {
  const button = document.querySelector("[data-copy]");
  if (!button || !navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = button.dataset.copied;
  });
}

// The stream says that something has changed; the page itself says what.
async function lookAgain() {
  const response = await fetch(location.href, { credentials: "same-origin" });
  if (!response.ok) return;
  const html = await response.text();
  const main = html.slice(html.indexOf("<main"), html.indexOf("</main>")); // the head's style has another nonce
  const fresh = new DOMParser().parseFromString(main, "text/html").getElementById("live");
  const live = document.getElementById("live");
  if (!fresh || fresh.innerHTML === live.innerHTML) return;
  live.innerHTML = fresh.innerHTML;
  live.dataset.state = fresh.dataset.state;
  if (!fresh.dataset.follow) delete live.dataset.follow;
  offerCopy();
}

const live = document.getElementById("live");
if (live?.dataset.follow) {
  const stream = new EventSource(live.dataset.follow);
  let losses = 0;
  stream.addEventListener("case", async () => {
    await lookAgain();
    if (!live.dataset.follow) stream.close();
  });
  stream.addEventListener("error", () => {
    losses += 1;
    if (losses > 5) stream.close();
  });
}
offerCopy();
