// Which key does what: commands and labels, remapped by the annotator and kept in this browser.

import { say } from "./dom.js";

const COMMANDS = {
  undo: "u",
  skip: "s",
  unsure: "?",
  discuss: "!",
  note: "n",
  why: "w",
  model: "q",
  history: "h",
  guidelines: "g",
  settings: ",",
};
const FIXED = new Map([["Backspace", "undo"]]);
const UNUSABLE = new Set(["Enter", "Escape", "Tab", "/", " ", "Backspace"]);

export class Keymap {
  #store;
  #standard;
  #keys;

  // `labels` are [name, key] pairs; without keys only commands can be remapped.
  constructor(mine, labels) {
    this.#store = `activellm-keys-${mine}`;
    const commands = Object.entries(COMMANDS).map(([name, key]) => [`do:${name}`, key]);
    const chosen = labels.filter(([, key]) => key).map(([name, key]) => [`label:${name}`, key]);
    this.#standard = new Map([...commands, ...chosen]);
    this.#keys = new Map([...this.#standard, ...this.#restore()]);
  }

  // All actions: "do:skip", "label:Sports", ...
  get actions() {
    return [...this.#keys.keys()];
  }

  keyOf(action) {
    return this.#keys.get(action) ?? "";
  }

  // What a key stands for, if anything.
  actionOf(key) {
    for (const [action, own] of this.#keys) if (own === key) return action;
    const fixed = FIXED.get(key);
    return fixed ? `do:${fixed}` : undefined;
  }

  // Give an action another key. Returns why not, in words, or "".
  set(action, key) {
    const shown = shownKey(key);
    if (UNUSABLE.has(key) || key.length !== 1) return say("page.unusable", { key: shown });
    const other = this.actionOf(key);
    if (other && other !== action) return say("page.taken", { key: shown, what: wordsOf(other) });
    this.#keys.set(action, key);
    this.#keep();
    return "";
  }

  reset() {
    this.#keys = new Map(this.#standard);
    this.#keep();
  }

  #keep() {
    const changed = [...this.#keys].filter(([action, key]) => this.#standard.get(action) !== key);
    try {
      localStorage.setItem(this.#store, JSON.stringify(changed));
    } catch {
      // A browser without storage forgets the keys with the page.
    }
  }

  #restore() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#store)) ?? [];
      return kept.filter(([action, key]) => this.#standard.has(action) && key.length === 1);
    } catch {
      return [];
    }
  }
}

export function shownKey(key) {
  return key === " " ? "␣" : key.toUpperCase();
}

// What an action is called.
export function wordsOf(action) {
  const name = action.slice(action.indexOf(":") + 1);
  return action.startsWith("do:") ? say(`page.keys.${name}`) : name;
}
