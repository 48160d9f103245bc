// Decisions on their way to the server: one after the other, each until the server has kept it.
// What is not kept yet survives a reload.

import { ask, Failure } from "./ask.js";
import { eventId } from "./outbox.js";

const STORE = "activellm-decisions";
const AGAIN = 2000; // milliseconds before the next try

export class Decisions {
  #queue = restore();
  #busy = false;
  #timer;

  // `onKept(decision, reply)` after each one; `onChange(failure)` whenever something changed.
  constructor(onKept, onChange) {
    this.onKept = onKept;
    this.onChange = onChange;
    if (this.#queue.length) this.#send();
  }

  get size() {
    return this.#queue.length;
  }

  // The latest decision about a text that is not kept yet.
  of(id) {
    return this.#queue.findLast((one) => one.id === id);
  }

  add(decision) {
    this.#queue.push({ event: eventId(), ...decision });
    keep(this.#queue);
    this.onChange(null);
    this.#send();
  }

  async #send() {
    clearTimeout(this.#timer);
    if (this.#busy) return;
    this.#busy = true;
    let failure = null;
    while (this.#queue.length && !failure) {
      try {
        const reply = await ask("api/v1/resolutions", this.#queue[0]);
        this.#done(reply);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failure = error;
        if (error.refused) this.#done(null); // another try changes nothing; the page says so
      }
    }
    this.#busy = false;
    this.onChange(failure);
    if (this.#queue.length) this.#timer = setTimeout(() => this.#send(), AGAIN);
  }

  #done(reply) {
    const decision = this.#queue.shift();
    keep(this.#queue);
    if (reply) this.onKept(decision, reply);
  }
}

function keep(queue) {
  try {
    sessionStorage.setItem(STORE, JSON.stringify(queue));
  } catch {
    // A browser without storage still has them in memory.
  }
}

function restore() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE)) ?? [];
  } catch {
    return [];
  }
}
