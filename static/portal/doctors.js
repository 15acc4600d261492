"use strict";

// The doctor's field offers practitioners that fit what is typed: by name, licence or NPI. Without
// a script it offers the first ones of the team, which came with the page.
{
  let waiting = 0;
  let asked = 0;

  async function offer(input) {
    const mine = ++asked;
    const query = new URLSearchParams({ q: input.value.trim() });
    const answer = await fetch(`${input.dataset.doctors}?${query}`, { credentials: "same-origin" });
    if (!answer.ok || mine !== asked) return;
    const { doctors } = await answer.json();
    const list = document.getElementById(input.getAttribute("list"));
    list?.replaceChildren(...doctors.map(({ value, label }) => {
      const option = document.createElement("option");
      option.value = value;
      option.label = label;
      return option;
    }));
  }

  document.addEventListener("input", (event) => {
    const input = event.target.closest?.("input[data-doctors]");
    if (!input) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => offer(input).catch(() => {}), 150);
  });
}
