"use strict";

// Keeps a page fresh: <div data-live="/address/" data-live-seconds="5"> holds parts
// (data-part="name"); the address answers the same parts. A part is replaced only when it changed,
// so that scrolling, focus and marked text stay. Nothing is asked while the page is hidden.

for (const live of document.querySelectorAll("[data-live]")) keepFresh(live);

function keepFresh(live) {
  const pause = Number(live.dataset.liveSeconds) * 1000;
  let timer = 0;

  async function refresh() {
    clearTimeout(timer);
    if (document.hidden) return;
    const began = performance.now();
    try {
      const answer = await fetch(live.dataset.live, { headers: { "X-Background": "1" }, redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 204) { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      put(live, await answer.text());
      showState(true);
    } catch {
      showState(false);
    }
    // A slow portal is asked less often.
    timer = setTimeout(refresh, Math.max(pause, 10 * (performance.now() - began)));
  }

  document.addEventListener("visibilitychange", refresh);
  timer = setTimeout(refresh, pause);
}

function put(live, text) {
  const fresh = new DOMParser().parseFromString(`<div>${text}</div>`, "text/html").body.firstElementChild;
  const before = parts(live);
  const after = parts(fresh);
  if ([...before.keys()].join() !== [...after.keys()].join()) {
    if (!isInUse(live)) live.replaceChildren(...fresh.childNodes);
    return;
  }
  for (const [name, part] of after) {
    const old = before.get(name);
    if (!old.isEqualNode(part) && !isMarked(old)) replace(old, part);
  }
}

function parts(root) {
  return new Map([...root.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
}

function replace(old, part) {
  const href = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  old.replaceWith(part);
  if (href === null) return;
  const same = [...part.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === href);
  if (same) same.focus({ preventScroll: true });
}

function isMarked(element) {
  const marked = getSelection();
  return !marked.isCollapsed && marked.containsNode(element, true);
}

function isInUse(element) {
  return isMarked(element) || element.contains(document.activeElement);
}

function showState(works) {
  for (const state of document.querySelectorAll("[data-live-state]")) {
    state.classList.toggle("is-lost", !works);
    state.querySelector("[data-live-word]").textContent = works ? "Live" : state.dataset.liveLost;
  }
}
