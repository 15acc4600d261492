"use strict";

// Small helps for the staff's pages. No inline handlers: the pages' policy forbids them.

// <button data-copy="#id">: the field's text into the clipboard.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.querySelector(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    document.execCommand("copy"); // the clipboard is closed to pages without TLS
  }
  const word = button.lastChild;
  const before = word.textContent;
  word.textContent = "Copied";
  setTimeout(() => { word.textContent = before; }, 2000);
});

// A form that is on its way is not sent twice by a second click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent === "1") { event.preventDefault(); return; }
  if (form.method === "post" && form.closest(".ep-page")) form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
