// Keys: "/" or Ctrl-K goes to the search field, "?" shows the help, "g" and a letter goes to a page.
"use strict";

const PAGES = { h: "/", o: "/orders", c: "/configure", b: "/basket" };
let going = false;

function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function find() {
  const field = document.getElementById("find");
  field?.focus();
  field?.select();
}

document.documentElement.classList.add("scripted");

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    find();
    return;
  }
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (going && PAGES[event.key]) {
    location.assign(PAGES[event.key]);
  } else if (event.key === "/") {
    event.preventDefault();
    find();
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  }
  going = event.key === "g";
});
