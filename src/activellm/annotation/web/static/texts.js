// The texts that come next, fetched ahead of need.

import { sleep, untilAnswered } from "./ask.js";

const SOON = 1500; // milliseconds between two looks whether a text has become free

export class Texts {
  #ahead = [];
  #cursor = null; // the id of the last text that was fetched
  #enough = 20; // texts to keep ahead; below it more are fetched
  #filling = false;

  // `shown()` gives the id of the text before the annotator's eyes, `told(progress)` hears how far
  // they are.
  constructor(shown, told) {
    this.shown = shown;
    this.told = told;
    this.exhausted = false; // whether no text follows those that were fetched
  }

  get waiting() {
    return this.#ahead.length;
  }

  next() {
    return this.#ahead.shift();
  }

  putBack(item) {
    this.#ahead.unshift(item);
  }

  drop(id) {
    this.#ahead = this.#ahead.filter((item) => item.id !== id);
  }

  // Fetch more if few are left. Tells whether it did.
  async fill() {
    if (this.#filling || this.exhausted || this.waiting >= this.#enough) return false;
    this.#filling = true;
    const after = this.#cursor === null ? "" : `?after=${encodeURIComponent(this.#cursor)}`;
    const reply = await untilAnswered(`api/v1/texts${after}`);
    // None now, but more later: answers are on their way.
    if (!reply.texts.length && reply.more && this.shown() === undefined) await sleep(SOON);
    this.take(reply);
    this.#filling = false;
    return true;
  }

  // Look again from the queue's beginning: what was in other hands may be free.
  again() {
    this.#cursor = null;
    this.exhausted = false;
  }

  take(reply) {
    const known = new Set([this.shown(), ...this.#ahead.map((item) => item.id)]);
    this.#ahead.push(...reply.texts.filter((item) => !known.has(item.id)));
    this.#cursor = reply.texts.at(-1)?.id ?? this.#cursor;
    this.exhausted = !reply.more;
    this.#enough = reply.ahead;
    this.told(reply.progress);
  }

  async takeSkipped() {
    this.#ahead = (await untilAnswered("api/v1/texts?skipped=true")).texts;
  }
}
