// The labels' buttons, and the search among them where there are many.

import { $, restart } from "./dom.js";

const buttons = [...document.querySelectorAll(".label")];
const multi = Boolean(document.body.dataset.multi);

export const labelKeys = buttons.map((button) => [button.dataset.label, button.dataset.key]);
export const keyless = labelKeys.every(([, key]) => !key);

export function buttonOf(label) {
  return buttons.find((button) => button.dataset.label === label);
}

// Labels in the task's order.
export function inOrder(chosen) {
  return labelKeys.map(([name]) => name).filter((name) => chosen.has(name));
}

export function showChosen(chosen) {
  for (const button of buttons) {
    const on = chosen.has(button.dataset.label);
    button.classList.toggle("given", on);
    if (multi) button.setAttribute("aria-pressed", on);
  }
}

export function flash(button) {
  restart(button, "hit");
}

// ---- the search -------------------------------------------------------------------------------

export function listenToSearch() {
  $("search")?.addEventListener("input", () => filter($("search").value));
}

// A key in the search: Enter chooses the marked label, or does `enter()` when none is.
export function onSearchKey(event, choose, enter) {
  const shown = buttons.filter(isShown);
  const at = shown.findIndex((button) => button.classList.contains("first"));
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    mark(shown[at + step] ?? shown[Math.max(at, 0)]);
  } else if (event.key === "Enter" && !event.repeat) {
    if (at >= 0) choose(shown[at]);
    else enter();
    clearSearch();
    if (!keyless) $("search").blur(); // the next key is meant for a label
  } else return;
  event.preventDefault();
}

export function clearSearch() {
  if (!$("search")?.value) return;
  $("search").value = "";
  filter("");
}

function filter(query) {
  const wanted = query.trim().toLocaleLowerCase();
  for (const button of buttons) {
    const name = button.dataset.label.toLocaleLowerCase();
    button.parentElement.hidden = !name.includes(wanted);
  }
  mark(wanted ? buttons.find(isShown) : undefined);
}

const isShown = (button) => !button.parentElement.hidden;

// Mark the label that Enter would choose.
function mark(marked) {
  for (const button of buttons) button.classList.toggle("first", button === marked);
  marked?.scrollIntoView({ block: "nearest" });
}
