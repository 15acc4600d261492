"use strict";

// What forms for one row, and lists that can be narrowed, do besides working without a script.

// Buttons that only a page without a script needs.
function hideWhatScriptsReplace(within) {
  for (const button of within.querySelectorAll("[data-without-script]")) button.hidden = true;
}
hideWhatScriptsReplace(document);

// A filter is obeyed as soon as it is chosen.
for (const form of document.querySelectorAll("form[data-filters]")) {
  form.addEventListener("change", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
    form.submit();
  });
  window.addEventListener("pageshow", () => {
    for (const field of form.elements) field.disabled = false;
  });
}

// A suggestion goes into its field with one click.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  const field = button && document.getElementById(button.dataset.fill);
  if (!field || field.dataset.swaps !== undefined) return; // another payer: the server answers
  event.preventDefault();
  const wanted = button.dataset.value;
  if (field.tagName === "SELECT" && ![...field.options].some((each) => each.value === wanted)) return;
  if (field.type === "date" || field.placeholder === "YYYY-MM-DD") field.type = "date";
  field.value = wanted;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
  button.closest("[data-field]").classList.add("ep-filled");
});

// Fields that are needed only for some identifiers or visits.
function showWhatIsNeeded(form) {
  const said = (name) => (form.elements[name]?.value ?? "").toUpperCase();
  for (const field of form.querySelectorAll("[data-conditions]")) {
    const holds = JSON.parse(field.dataset.conditions).some((each) =>
      Object.entries(each).every(([name, values]) => values.includes(said(name))));
    field.querySelector(".ep-required").hidden = !holds;
    if (field.dataset.conditional === undefined) continue;
    field.hidden = !holds;
    for (const input of field.querySelectorAll("input, select")) input.disabled = !holds;
  }
}

// A calendar shows day and month in the order of the browser's country: say the day in words too.
function sayInWords(form) {
  for (const words of form.querySelectorAll("[data-in-words]")) {
    const input = words.parentElement.querySelector("input");
    const day = /^\d{4}-\d\d-\d\d$/.test(input.value) ? new Date(`${input.value}T00:00`) : null;
    words.textContent = day && !Number.isNaN(day.getTime())
      ? day.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })
      : words.dataset.inWords;
  }
}

// Another payer takes other fields: the server makes them, what was typed stays.
async function swapFields(form, select) {
  const body = new FormData(form);
  body.set("action", "fields");
  const container = form.querySelector("[data-fields]");
  container.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(window.location.href, {
      method: "POST", body, headers: { "X-Fields-Only": "1" }, credentials: "same-origin",
    });
    if (!answer.ok) throw new Error(answer.status);
    container.innerHTML = await answer.text();
  } catch {
    container.removeAttribute("aria-busy");
    form.querySelector("[name=action][value=fields]").click(); // as without a script
    return;
  }
  container.removeAttribute("aria-busy");
  prepare(form);
  const next = container.querySelector("[autofocus]:not([data-swaps])") || form.querySelector("#id-id_value");
  const payer = container.querySelector(".ep-combobox-input, #id-tpa_name");
  (next || payer)?.focus();
}

function prepare(form) {
  hideWhatScriptsReplace(form);
  for (const select of form.querySelectorAll("select[data-search]")) window.makeSearchable?.(select);
  showWhatIsNeeded(form);
  const chosen = form.querySelector("select[data-swaps]");
  const below = form.querySelector("[data-when-payer]");
  if (below && chosen) below.hidden = !chosen.value;
  const onEnter = form.querySelector("[data-default]"); // what the Enter key does
  if (onEnter && chosen) onEnter.value = chosen.value ? onEnter.dataset.default : "fields";
}

for (const form of document.querySelectorAll("form[data-row-form]")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select[data-swaps]")) swapFields(form, event.target);
    else showWhatIsNeeded(form);
    sayInWords(form);
  });
  prepare(form);
}

// The page begins where the work is: at a conflict, or else at the field that is wrong.
(document.getElementById("meanwhile") || document.querySelector("[data-row-form] [autofocus]"))?.focus();
