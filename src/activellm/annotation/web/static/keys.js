// Keys and clicks, and what of the page they call.

import * as panels from "./panels.js";
import * as view from "./view.js";

const $ = (id) => document.getElementById(id);
const COMMANDS = new Map(
  Object.entries({
    "?": "unsure",
    Backspace: "undo",
    g: "guidelines",
    h: "history",
    n: "note",
    s: "skip",
    u: "undo",
    w: "why",
  }),
);
const SCROLL = new Map(
  Object.entries({ ArrowDown: 60, ArrowUp: -60, PageDown: 400, PageUp: -400, " ": 400 }),
);

// Call `actions[name]()` for commands and `choose(button)` for labels, unless `deaf()`.
export function listen(actions, choose, deaf) {
  document.addEventListener("keydown", (event) => {
    if (!event.isComposing && !deaf()) onKey(event, actions, choose);
  });
  document.addEventListener("click", (event) => {
    if (!deaf()) onClick(event, actions, choose);
  });
  $("search")?.addEventListener("input", () => view.filterLabels($("search").value));
}

function onKey(event, actions, choose) {
  const field = event.target.closest("textarea, input");
  if (event.ctrlKey || event.metaKey || event.altKey) return shortcut(event, field, actions);
  if (event.key === "Escape") return escape(field, actions);
  if (field) return field.id === "search" ? searchKey(event, actions, choose) : undefined;
  if (SCROLL.has(event.key)) return scroll(event);
  if (event.repeat) return undefined; // a key held down is one answer, not many
  if (event.key === "Enter") return enter(event, actions);
  return command(event, actions, choose);
}

// The key as labels and commands know it, whatever the keyboard's layout.
function keyOf(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (view.labelByKey.has(key) || COMMANDS.has(key)) return key;
  return /^(?:Digit|Numpad|Key)(.)$/.exec(event.code)?.[1].toLowerCase() ?? key;
}

function command(event, actions, choose) {
  const key = keyOf(event);
  const name = COMMANDS.get(key);
  if (panels.covered() && name !== "guidelines" && name !== "history") return;
  const button = view.labelByKey.get(key);
  if (button) choose(button);
  else if (name) actions[name]();
  else if (event.key === "/" && $("search")) $("search").focus();
  else return;
  event.preventDefault(); // so that the "n" of "note" is not typed into the note
}

function shortcut(event, field, actions) {
  const key = event.key.toLowerCase();
  if (key === "z" && !field && !event.altKey) actions.undo();
  else if (key === "enter" && field) field.blur();
  else return;
  event.preventDefault();
}

function escape(field, actions) {
  if (field?.id === "search") field.blur();
  else if (!$("note-box").hidden) view.showNote(false);
  else if (!panels.close()) actions.back();
}

function enter(event, actions) {
  const button = event.target.closest("button");
  if (button && !button.hasAttribute("aria-pressed")) return; // the button's own click
  if (button && !button.classList.contains("label")) return;
  event.preventDefault();
  actions.enter();
}

function scroll(event) {
  if (event.target.closest("button, .text, .panel, .labels")) return;
  event.preventDefault();
  for (const box of document.querySelectorAll(".text")) box.scrollTop += SCROLL.get(event.key);
}

function searchKey(event, actions, choose) {
  const shown = view.shownLabels();
  const at = shown.findIndex((button) => button.classList.contains("first"));
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    view.markLabel(shown[at + step] ?? shown[Math.max(at, 0)]);
  } else if (event.key === "Enter" && !event.repeat) {
    if (at >= 0) choose(shown[at]);
    else actions.enter();
    view.clearSearch();
  } else return;
  event.preventDefault();
}

function onClick(event, actions, choose) {
  const button = event.target.closest("button");
  if (!button) return;
  // After a click the button keeps no focus: a later space or Enter must not answer by accident.
  if (event.detail) button.blur();
  if (button.classList.contains("label")) choose(button);
  else if (button.dataset.do) actions[button.dataset.do]();
}
