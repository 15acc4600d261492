"use strict";

// Whoever fills in a value means it: its way is chosen with it.
for (const way of document.querySelectorAll(".ep-way")) {
  const radio = way.querySelector("input[type=radio]");
  way.addEventListener("input", (event) => {
    if (event.target !== radio) radio.checked = true;
  });
}
