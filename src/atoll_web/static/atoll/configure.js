// The configurator: when a change replaces the form, the focus stays, where it is on the screen, and so does what is being typed;
// and a link is copied.
"use strict";

let then = [];
let typed = [];
let focused = { id: "", top: 0 };

const topOf = (element) => element.getBoundingClientRect().top;

// Who orders changes neither price nor date, so nothing needs to be asked.
document.addEventListener("change", (event) => event.target.closest("[data-still]") && event.stopPropagation(), true);

document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.target.closest?.("[data-then]");
  then = button ? button.dataset.then.split(",") : [];
});

document.addEventListener("htmx:beforeSwap", () => {
  const fields = document.querySelectorAll("#configurator :is([data-still], input:focus:not([type=radio], [type=checkbox]))");
  typed = [...fields].map(({ id, value }) => ({ id, value }));
  focused = { id: document.activeElement.id, top: topOf(document.activeElement) };
});

document.addEventListener("htmx:afterSwap", () => {
  for (const { id, value } of typed.splice(0)) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  if (document.activeElement !== document.body) {
    if (document.activeElement.id === focused.id) scrollBy({ top: topOf(document.activeElement) - focused.top, behavior: "instant" });
    return;
  }
  const feature = then.map((code) => document.getElementById(`feature-${code}`)).find(Boolean);
  const field = feature?.querySelector(":checked, input:not([type=hidden])") ?? document.querySelector("#undo:enabled");
  field?.focus({ preventScroll: !feature });
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("#share");
  if (!link || !navigator.clipboard) return;
  event.preventDefault();
  await navigator.clipboard.writeText(link.href);
  document.getElementById("heard").textContent = link.textContent = link.dataset.copied;
});
