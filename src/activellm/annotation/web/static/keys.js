// Keys and clicks, and what of the page they call.

import { $ } from "./dom.js";
import { buttonOf, listenToSearch, onSearchKey } from "./labels.js";
import * as panels from "./panels.js";
import * as view from "./view.js";

const SCROLL = new Map(
  Object.entries({ ArrowDown: 60, ArrowUp: -60, PageDown: 400, PageUp: -400, " ": 400 }),
);
const IN_PANELS = ["guidelines", "history", "settings"];

// Call `actions[name]()` for commands and `choose(button)` for labels, unless `deaf()`.
export function listen(keymap, actions, choose, deaf) {
  document.addEventListener("keydown", (event) => {
    if (!event.isComposing && !event.defaultPrevented && !deaf()) {
      onKey(event, keymap, actions, choose);
    }
  });
  document.addEventListener("click", (event) => {
    if (!deaf()) onClick(event, actions, choose);
  });
  listenToSearch();
}

function onKey(event, keymap, actions, choose) {
  const field = event.target.closest("textarea, input, select");
  if (event.ctrlKey || event.metaKey || event.altKey) return shortcut(event, field, actions);
  if (event.key === "Escape") return escape(field, actions);
  if (field) return field.id === "search" ? onSearchKey(event, choose, actions.enter) : undefined;
  if (SCROLL.has(event.key)) return scroll(event);
  if (event.repeat) return undefined; // a key held down is one answer, not many
  if (event.key === "Enter") return enter(event, actions);
  return command(event, keymap, actions, choose);
}

// What a key stands for, whatever the keyboard's layout.
function actionOf(event, keymap) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const code = /^(?:Digit|Numpad|Key)(.)$/.exec(event.code)?.[1].toLowerCase();
  return keymap.actionOf(key) ?? (event.shiftKey ? undefined : keymap.actionOf(code));
}

function command(event, keymap, actions, choose) {
  const action = actionOf(event, keymap);
  if (event.key === "/" && $("search") && !action) $("search").focus();
  else if (!action) return;
  else perform(action, actions, choose);
  event.preventDefault(); // so that the "n" of "note" is not typed into the note
}

function perform(action, actions, choose) {
  const name = action.slice(action.indexOf(":") + 1);
  const isCommand = action.startsWith("do:");
  if (panels.covered() && !(isCommand && IN_PANELS.includes(name))) return;
  if (isCommand) actions[name]();
  else choose(buttonOf(name));
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
  const button = event.target.closest("button, a");
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

function onClick(event, actions, choose) {
  const button = event.target.closest("button");
  if (!button) return;
  // After a click the button keeps no focus: a later space or Enter must not answer by accident.
  if (event.detail) button.blur();
  if (button.classList.contains("label")) choose(button);
  else if (button.dataset.do) actions[button.dataset.do]();
}
