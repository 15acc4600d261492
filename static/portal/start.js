"use strict";

// Getting started: one choice of language for all examples, and their text into the clipboard.
(() => {
  const radios = [...document.querySelectorAll(".start-tabs input")];
  const KEPT = "startLanguage";

  const choose = (language) => {
    for (const radio of radios) radio.checked = radio.value === language;
  };
  const remembered = () => {
    try {
      return localStorage.getItem(KEPT);
    } catch {
      return null;
    }
  };
  if (radios.some((radio) => radio.value === remembered())) choose(remembered());

  document.addEventListener("change", (event) => {
    const radio = event.target.closest(".start-tabs input");
    if (!radio) return;
    const before = radio.getBoundingClientRect().top;
    choose(radio.value);
    window.scrollBy({ top: radio.getBoundingClientRect().top - before, behavior: "instant" });
    try {
      localStorage.setItem(KEPT, radio.value);
    } catch {
      // Nothing may be kept in this browser: the choice holds for this page.
    }
  });

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy"); // the clipboard is closed to pages without TLS
      field.remove();
      return done;
    }
  };
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const done = await copy(button.closest("figure").querySelector("pre").textContent + "\n");
      button.textContent = done ? "Copied" : "Not copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }
})();
