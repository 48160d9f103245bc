// The end: nothing is left to answer for now. Alone, the run goes on in the terminal after a
// countdown that can be held; in a team the page waits for more.

import { ask, sleep } from "./ask.js";
import * as panels from "./panels.js";
import * as view from "./view.js";

const AGAIN = 2000; // milliseconds between two looks whether there is more
const SECOND_THOUGHT = 700; // milliseconds in which Enter may still be meant for a text

export class Ending {
  #progress;
  #settled;
  #more;
  #since = null; // when it was shown; null while there is something to do
  #countdown;

  // `progress()` as the server told last; `settled()` resolves when all answers are saved;
  // `more(reply)` is called with texts that came after all.
  constructor(progress, settled, more) {
    this.#progress = progress;
    this.#settled = settled;
    this.#more = more;
    this.team = false;
    this.finished = false; // whether the page has said goodbye
  }

  get shown() {
    return this.#since !== null;
  }

  get canFinish() {
    return this.shown && performance.now() - this.#since > SECOND_THOUGHT;
  }

  show() {
    this.leave();
    this.#since = performance.now();
    view.showEnd(this.#progress(), this.team);
    if (this.team) this.#awaitMore(this.#since);
    else this.#count(this.#progress().closing_in);
  }

  leave() {
    clearInterval(this.#countdown);
    this.#since = null;
  }

  // The annotator looks back: the run waits.
  hold() {
    if (!this.shown || this.team) return;
    clearInterval(this.#countdown);
    view.showCountdown(null);
    this.#wish("hold");
  }

  async finish() {
    clearInterval(this.#countdown);
    await this.#settled();
    this.#sayFinished();
    if (!this.team) this.#wish("finish");
  }

  // A server that is gone has gone on by itself: then the wish is out of date.
  #wish(wish) {
    ask("api/v1/closing", { wish }).catch(() => {});
  }

  #count(seconds) {
    view.showCountdown(seconds);
    if (seconds === null) return;
    const closesAt = this.#since + seconds * 1000;
    this.#countdown = setInterval(() => {
      const left = Math.max(0, closesAt - performance.now()) / 1000;
      view.showCountdown(left);
      if (left === 0) this.#sayFinished(); // the server has counted by itself, and goes on now
    }, 250);
  }

  // When a colleague takes an answer back or a round begins, the page goes on.
  async #awaitMore(since) {
    while (this.#since === since) {
      await sleep(AGAIN);
      const reply = await ask("api/v1/texts").catch(() => null);
      if (this.#since === since && reply?.texts.length) this.#more(reply);
    }
  }

  #sayFinished() {
    clearInterval(this.#countdown);
    this.finished = true;
    panels.close();
    const { open } = this.#progress();
    view.showFinished(open);
    if (!open && !this.team) this.#awaitNextRound();
  }

  // The server is gone until the next round's texts are chosen; then the page begins anew.
  async #awaitNextRound() {
    for (;;) {
      await sleep(AGAIN);
      const reply = await ask("api/v1/texts").catch(() => null);
      if (reply?.texts.length) return location.reload();
    }
  }
}
