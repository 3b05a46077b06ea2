// The order book: rows are moved by dragging, or with Alt and an arrow key; the fields of their places follow. Nothing is sent.
"use strict";

const isMoved = (row) => row.querySelector("[name^=place-]").value !== row.querySelector("[name^=was-]").value;
const rowsOf = (body) => [...body.rows].filter((row) => row.querySelector("[name^=place-]"));

// The rows of the page keep the places that they have together, in their new sequence.
function renumber(body) {
  const places = rowsOf(body).map((row) => Number(row.querySelector("[name^=was-]").value)).sort((a, b) => a - b);
  rowsOf(body).forEach((row, n) => {
    row.querySelector("[name^=place-]").value = places[n];
    row.classList.toggle("moved", isMoved(row));
  });
}

function say(row) {
  const field = row.querySelector("[name^=place-]");
  document.getElementById("moved").textContent = `${field.name.slice(6)} now has place ${field.value}`;
}

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("tr");
  if (!event.altKey || !event.target.matches?.(".place") || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  if (event.key === "ArrowUp") row.previousElementSibling?.before(row);
  else row.nextElementSibling?.after(row);
  renumber(row.parentElement);
  event.target.focus();
  say(row);
});

let dragged = null;

document.addEventListener("pointerdown", (event) => {
  const row = event.target.closest?.("#list tbody tr");
  if (row?.querySelector(".place")) row.draggable = !event.target.closest("input, a, button");
});

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("#list tbody tr") ?? null;
});

document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("#list tbody tr");
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  const { top, height } = over.getBoundingClientRect();
  if (event.clientY < top + height / 2) over.before(dragged);
  else over.after(dragged);
});

document.addEventListener("drop", (event) => dragged && event.preventDefault());

document.addEventListener("dragend", () => {
  if (!dragged) return;
  renumber(dragged.parentElement);
  say(dragged);
  dragged = null;
});
