// The settings panel: language, colours, and other keys.

import { $, make, say } from "./dom.js";
import { shownKey, wordsOf } from "./keymap.js";
import * as panels from "./panels.js";
import "./switches.js";

let listening = null; // the action whose new key is awaited
let keymap = null;
let changed = () => {}; // called after a key was changed

export function begin(keys, onChange) {
  keymap = keys;
  changed = onChange;
  document.addEventListener("keydown", take, true);
  show();
}

export function reset() {
  keymap.reset();
  listen(null);
  changed();
}

// Wait for no key any more.
export function stop() {
  listen(null);
}

function listen(action, words = "") {
  listening = action;
  $("remap-said").textContent = words;
  show();
}

// Draw the rows; the focus stays in its place.
function show() {
  const buttons = () => [...$("remap").querySelectorAll("button")];
  const at = buttons().indexOf(document.activeElement);
  $("remap").replaceChildren(...keymap.actions.map((action) => make("li", {}, row(action))));
  buttons()[at]?.focus();
}

function row(action) {
  const waits = action === listening;
  const key = waits ? say("page.press") : shownKey(keymap.keyOf(action));
  const toggle = () => listen(waits ? null : action);
  return make(
    "button",
    { type: "button", class: "remapped", "aria-pressed": String(waits), on: toggle },
    make("span", { dir: "auto" }, wordsOf(action)),
    make("kbd", {}, key),
  );
}

function take(event) {
  if (listening === null || event.isComposing || !panels.isOpen("settings")) return;
  if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.key === "Escape") return stop();
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const refusal = keymap.set(listening, key);
  listen(refusal ? listening : null, refusal);
  return refusal ? undefined : changed();
}
