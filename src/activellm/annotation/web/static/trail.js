// The annotator's own answers, the oldest first: what undo goes back along, and what the panel of
// answers shows. Long ones stay with the server until they are asked for.

import { untilAnswered } from "./ask.js";

const PART = 100; // answers that are fetched at once
const REMEMBERED = 500; // answers that are kept here
const FEW = 10; // with so few left to undo, older ones are fetched

export class Trail {
  #entries = [];
  #loading = null;

  // `settled()` resolves when the server knows all that was answered here; `changed()` is called
  // when there is something new to show.
  constructor(settled, changed) {
    this.settled = settled;
    this.changed = changed;
    this.older = true; // whether the server has older ones, or may have
  }

  add(entry) {
    this.#entries.push(entry);
    if (this.#entries.length > REMEMBERED) {
      this.#entries.shift();
      this.older = true;
    }
    this.changed();
  }

  get last() {
    return this.#entries.at(-1);
  }

  // Take the last answer away.
  pop() {
    this.#entries.pop();
    this.changed();
    if (this.#entries.length < FEW) this.load();
  }

  has(id) {
    return this.#entries.some((entry) => entry.id === id);
  }

  // Each text's latest answer, the newest first.
  get latest() {
    const latest = new Map(this.#entries.map((entry) => [entry.id, entry]));
    return this.#entries.filter((entry) => latest.get(entry.id) === entry).reverse();
  }

  // Fetch the next part of older answers, if there are some.
  load() {
    if (!this.older) return Promise.resolve();
    this.#loading ??= this.#load().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #load() {
    await this.settled();
    const oldest = this.latest.at(-1);
    const before = oldest ? `&before=${encodeURIComponent(oldest.id)}` : "";
    const reply = await untilAnswered(`api/v1/answers?limit=${PART}${before}`);
    this.#entries.unshift(...reply.answers.filter((answer) => !this.has(answer.id)).reverse());
    this.older = reply.more;
    this.changed();
  }
}
