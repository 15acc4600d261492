"use strict";

// A select that can be searched by typing (ARIA combobox with a listbox). The select itself stays
// in the form, hidden, and tells of changes as ever; without a script it is simply a select.
window.makeSearchable = (select) => {
  if (select.dataset.searchable) return;
  select.dataset.searchable = "1";
  const box = document.createElement("div");
  const input = document.createElement("input");
  const list = document.createElement("ul");
  box.className = "ep-combobox";
  list.id = `${select.id}-list`;
  list.className = "ep-combobox-list";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  input.id = `${select.id}-search`;
  input.type = "text";
  input.className = "ep-input ep-combobox-input";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.placeholder = "Type a name or a code";
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-controls", list.id], ["aria-autocomplete", "list"]]) input.setAttribute(name, value);
  for (const name of ["aria-describedby", "aria-invalid"]) if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
  if (select.autofocus) { input.autofocus = true; select.autofocus = false; }
  document.querySelector(`label[for="${select.id}"]`)?.setAttribute("for", input.id);
  select.hidden = true;
  select.before(box);
  box.append(input, list);

  const plain = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  const choices = [...select.querySelectorAll("option")].filter((each) => each.value && each.closest("optgroup"));
  let shown = [];
  let at = -1;

  const words = () => (select.value ? select.selectedOptions[0]?.textContent.trim() ?? "" : "");
  const reset = () => { input.value = words(); };

  function close() {
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(index) {
    if (!shown.length) return;
    at = (index + shown.length) % shown.length;
    for (const [i, item] of [...list.querySelectorAll("[role=option]")].entries()) {
      item.setAttribute("aria-selected", String(i === at));
      if (i === at) { input.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
    }
  }

  function open(query) {
    const parts = plain(query).split(/\s+/).filter(Boolean);
    shown = choices.filter((each) => parts.every((part) => plain(each.textContent).includes(part)));
    list.textContent = "";
    let heading = "";
    for (const [index, option] of shown.entries()) {
      const group = option.closest("optgroup").label;
      if (group !== heading) {
        heading = group;
        const title = document.createElement("li");
        title.className = "ep-combobox-group";
        title.setAttribute("role", "presentation");
        title.textContent = group;
        list.append(title);
      }
      const item = document.createElement("li");
      item.id = `${list.id}-${index}`;
      item.className = "ep-combobox-option";
      item.setAttribute("role", "option");
      item.textContent = option.textContent;
      item.addEventListener("mousedown", (event) => { event.preventDefault(); choose(option); });
      list.append(item);
    }
    if (!shown.length) {
      const none = document.createElement("li");
      none.className = "ep-combobox-group";
      none.textContent = "No payer has this name or code";
      list.append(none);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    at = -1;
    if (parts.length) mark(0);
  }

  function choose(option) {
    const changed = select.value !== option.value;
    select.value = option.value;
    reset();
    close();
    if (changed) select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => { if (list.hidden) open(""); });
  input.addEventListener("input", () => open(input.value));
  input.addEventListener("blur", () => { close(); reset(); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) open("");
      mark(event.key === "ArrowDown" ? at + 1 : at - 1);
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      if (shown[at]) choose(shown[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
      reset();
    }
  });
  reset();
};
