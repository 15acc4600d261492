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

// Rows of a list in a form: add one from its template, take one away. Names are made unique by
// counting up; the server reads them in the order of their numbers.
let nextRow = 1000;
document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-rows-add]");
  const remove = event.target.closest("[data-row-remove]");
  const rows = (add || remove) && event.target.closest("[data-rows]");
  if (!rows) return;
  const list = rows.querySelector("[data-rows-list]");
  if (add) {
    const blank = rows.querySelector("[data-rows-blank]").content.cloneNode(true);
    for (const field of blank.querySelectorAll("[name]")) field.name = field.name.replace("__new__", nextRow);
    nextRow += 1;
    list.append(blank);
    list.lastElementChild.querySelector("select, input").focus();
  } else {
    remove.closest("[data-row]").remove();
  }
  rows.querySelector("[data-rows-none]").hidden = list.childElementCount > 0;
});

// On a phone a list's columns become lines, which the theme would head In Title Case.
for (const cell of document.querySelectorAll("#result_list td[data-label]")) {
  const word = cell.dataset.label;
  cell.dataset.label = word.charAt(0).toUpperCase() + word.slice(1);
}
