"use strict";

// Pages of checks and batches: what changes by itself, filters, selections, printing.

// --- a part that changes by itself ----------------------------------------------------------------
// <div data-live="address">: its [data-region] parts are replaced by those that the address gives,
// every few seconds until one says data-live-ended. Scroll and focus stay, opened details too.

const EVERY = 2500;
const SLOWEST = 30000;
let wait = EVERY;

function bare(region) {
  const copy = region.cloneNode(true);
  for (const token of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) token.remove();
  for (const fold of copy.querySelectorAll("details")) fold.removeAttribute("open");
  return copy.innerHTML;
}

function replace(region, fresh) {
  if (bare(region) === bare(fresh)) return;
  const focused = region.contains(document.activeElement) ? document.activeElement.dataset.key : "";
  const open = [...region.querySelectorAll("details[open][data-key]")].map((fold) => fold.dataset.key);
  region.replaceChildren(...fresh.childNodes);
  for (const key of open) region.querySelector(`details[data-key="${key}"]`)?.setAttribute("open", "");
  if (focused) region.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
}

async function refresh(box) {
  const answer = await fetch(box.dataset.live, { credentials: "same-origin", redirect: "error" });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const fresh of page.querySelectorAll("[data-region]")) {
    const region = box.querySelector(`[data-region="${fresh.dataset.region}"]`);
    if (region) replace(region, fresh);
  }
  return page.querySelector("[data-live-ended]") !== null;
}

async function follow(box) {
  let ended = false;
  if (!document.hidden) {
    try {
      ended = await refresh(box);
      wait = EVERY;
    } catch {
      wait = Math.min(wait * 2, SLOWEST); // the server may be busy, or the session over
    }
  }
  if (!ended) setTimeout(follow, wait, box);
}

for (const box of document.querySelectorAll("[data-live]")) setTimeout(follow, EVERY, box);

// --- filters --------------------------------------------------------------------------------------

for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;

for (const form of document.querySelectorAll("form[data-narrow]")) {
  const withoutEmpty = () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  };
  form.addEventListener("submit", withoutEmpty);
  form.addEventListener("change", (event) => {
    if (!event.target.closest(".ep-filter-fields")) return;
    // A usual stretch and a range of days are two ways to say the same: the later word counts.
    for (const day of form.querySelectorAll(`[data-range="${event.target.name}"]`)) day.value = "";
    if (event.target.dataset.range) form.elements[event.target.dataset.range].value = "";
    form.requestSubmit();
  });
}
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[data-narrow] [disabled]")) field.disabled = false;
});

// <details data-remember="name"> stays open or shut from page to page, in this tab.
for (const fold of document.querySelectorAll("details[data-remember]")) {
  const name = `fold-${fold.dataset.remember}`;
  fold.open = sessionStorage.getItem(name) === "open";
  fold.addEventListener("toggle", () => sessionStorage.setItem(name, fold.open ? "open" : "shut"));
}

// --- selected rows --------------------------------------------------------------------------------

for (const form of document.querySelectorAll(".ep-selecting")) {
  const boxes = [...form.querySelectorAll(".action-select")];
  const all = form.querySelector("[data-select-all]");
  const word = form.querySelector("[data-selected-count]");
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    if (word) word.textContent = String(chosen);
    if (all) {
      all.checked = chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
  };
  all?.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    count();
  });
  form.addEventListener("change", count);
  count();
}

// --- paper ----------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// A form that answers with a file leaves its page standing: it may be sent again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("download" in form.dataset) setTimeout(() => { delete form.dataset.sent; }, 1500);
});
