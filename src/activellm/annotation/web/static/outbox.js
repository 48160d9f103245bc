// Answers on their way to the server: one after the other, each until the server has confirmed it.
// What is not confirmed is kept in the browser, and is never dropped without being told. Each tab
// keeps its own; what a closed tab left behind is taken over. Sent twice, an answer counts once.

import { ask, Failure, randomId } from "./ask.js";

const WAITS = [0.5, 1, 2, 4, 8]; // seconds before the next try
const BEAT = 15_000; // milliseconds between two signs that a tab is open
const ORPHANED = 4 * BEAT; // without a sign for so long, a tab counts as closed
const CLOSED = 0; // the time of the last sign of a tab that said goodbye

// A random id: an answer that is sent twice counts once.
export const eventId = () => randomId(16);

export class Outbox {
  #queue = [];
  #prefix;
  #own;
  #timer;
  #tries = 0;
  #busy = false;

  // `mine` names task and person; `onSaved(answer, reply)` after each confirmation, `onChange()`
  // whenever something changed.
  constructor(mine, tab, onSaved, onChange) {
    this.#prefix = `activellm-outbox-${mine}-`;
    this.#own = this.#prefix + tab;
    this.onSaved = onSaved;
    this.onChange = onChange;
    this.failure = null;
    this.#adopt();
    setInterval(() => this.#beat(), BEAT);
    addEventListener("online", () => this.send());
    addEventListener("pagehide", () => this.#keep(CLOSED));
  }

  get size() {
    return this.#queue.length;
  }

  add(answer) {
    this.#queue.push({ event: eventId(), ...answer });
    this.#keep();
    this.onChange();
    if (!this.failure) this.send();
  }

  // Send what waits. Called by itself; the button "retry" calls it too.
  async send() {
    clearTimeout(this.#timer);
    if (this.#busy) return;
    this.#busy = true;
    while (this.#queue.length) {
      try {
        const reply = await ask("api/v1/answers", this.#queue[0]);
        this.failure = null;
        this.#tries = 0;
        this.#confirmed(reply);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        this.failure = error;
        break;
      }
    }
    this.#busy = false;
    this.onChange();
    if (this.failure && !this.failure.refused) this.#later();
  }

  // Give up the answer that the server refuses: only the annotator decides that.
  leaveOut() {
    this.failure = null;
    this.#queue.shift();
    this.#keep();
    this.send();
  }

  #confirmed(reply) {
    const answer = this.#queue.shift();
    this.#keep();
    this.onSaved(answer, reply);
  }

  #later() {
    const wait = WAITS[Math.min(this.#tries, WAITS.length - 1)];
    this.#tries += 1;
    this.#timer = setTimeout(() => this.send(), wait * 1000);
  }

  #beat() {
    const before = this.size;
    if (!this.#busy) this.#adopt(); // the answer that is being sent stays the first
    if (this.size > before) this.send();
  }

  #keep(beat = Date.now()) {
    try {
      sessionStorage.setItem(this.#prefix, this.#own);
      if (!this.#queue.length) localStorage.removeItem(this.#own);
      else localStorage.setItem(this.#own, JSON.stringify({ beat, queue: this.#queue }));
    } catch {
      // A browser without storage still has the answers in memory.
    }
  }

  // Take over what this tab had before it was loaded again, and what closed tabs left behind.
  #adopt() {
    const left = this.#leftBehind();
    this.#queue.unshift(...left.flatMap(({ queue }) => queue));
    this.#keep();
    for (const { name } of left) localStorage.removeItem(name); // it is kept under our name by now
  }

  #leftBehind() {
    try {
      const before = sessionStorage.getItem(this.#prefix);
      const names = Object.keys(localStorage).filter((name) => name.startsWith(this.#prefix));
      return names
        .filter((name) => name !== this.#own)
        .map((name) => ({ name, ...read(name) }))
        .filter(({ name, beat }) => name === before || Date.now() - beat > ORPHANED)
        .sort((one, other) => one.beat - other.beat);
    } catch {
      return []; // a browser without storage
    }
  }
}

// What a tab kept; nothing, as of a closed tab, where it cannot be read.
function read(name) {
  try {
    const { beat, queue } = JSON.parse(localStorage.getItem(name));
    return { beat: Number(beat) || CLOSED, queue: Array.isArray(queue) ? queue : [] };
  } catch {
    return { beat: CLOSED, queue: [] };
  }
}
