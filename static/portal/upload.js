"use strict";

// The upload pages: drag and drop onto the file field, its name and size, a word while it works, and
// the next piece of a file that comes in by pieces. Without this script the field and the buttons do
// the same.

const drop = document.querySelector("[data-drop]");
let look = () => true;
if (drop) {
  const form = drop.closest("form");
  const field = drop.querySelector("input[type=file]");
  field.hasChangeListener = true; // unfold's own listener wants a text field beside this one
  const error = form.querySelector("[data-drop-error]");

  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("is-over"); });
  }
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, () => drop.classList.remove("is-over"));
  }
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length !== 1) { show("Drop one file at a time."); return; }
    field.files = event.dataTransfer.files;
    look();
  });
  // A file that misses the field must not take the place of the page.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
  field.addEventListener("change", () => look());

  // Shows the chosen file; false when it cannot be sent.
  look = () => {
    const file = field.files[0];
    if (!file) return false;
    const fits = file.size <= Number(form.dataset.most);
    drop.classList.add("is-chosen");
    drop.querySelector("[data-drop-name]").textContent = file.name;
    drop.querySelector("[data-drop-note]").textContent = `${size(file.size)} · choose another one`;
    show(fits ? "" : `The file is larger than ${size(Number(form.dataset.most))}.`);
    return fits;
  };

  function show(message) {
    error.textContent = message;
    error.hidden = message === "";
  }

  function size(bytes) {
    if (bytes < 1024) return `${bytes} bytes`;
    return bytes < 1024 ** 2 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  }
}

// Before everybody else's: a form that does not go stays as it was.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button) return;
  const needed = button.dataset.needs && document.querySelector(button.dataset.needs);
  const lacks = needed && !needed.value;
  if (lacks || (event.target.hasAttribute("data-upload") && !look())) {
    event.preventDefault();
    event.stopPropagation();
    if (lacks) needed.focus();
    return;
  }
  if (button.dataset.working) button.querySelector("[data-word]").textContent = `${button.dataset.working} …`;
}, true);

const goesOn = document.querySelector("[data-goes-on]");
if (goesOn) setTimeout(() => goesOn.requestSubmit(goesOn.querySelector("button")), 250);
