// Answers on their way to the server: one after the other, each until the server has confirmed it.
// What is not confirmed survives a reload of the tab, and is never dropped without being told.

const WAITS = [0.5, 1, 2, 4, 8]; // seconds before the next try
const TIMEOUT = 15_000; // milliseconds after which a silent server counts as gone
const REFUSALS = [404, 413, 422]; // statuses that another try does not change

export class Failure extends Error {
  constructor(message, refused) {
    super(message);
    this.refused = refused;
  }
}

// Ask the server; with a body the request is a POST. Throws a Failure that says why in words.
export async function ask(path, body) {
  const options = { credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT) };
  if (body !== undefined) {
    options.method = "POST";
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let response, reply;
  try {
    response = await fetch(path, options);
    reply = await response.json();
  } catch {
    throw new Failure("ActiveLLM does not answer; is it still running in the terminal?", false);
  }
  if (response.ok) return reply;
  const words = reply.error?.message ?? "The request was refused.";
  throw new Failure(words, REFUSALS.includes(response.status));
}

// A random id: an answer that is sent twice counts once.
export function eventId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  #queue;
  #store;
  #timer;
  #tries = 0;
  #busy = false;

  // `onSaved(answer, reply)` after each confirmation, `onChange()` whenever something changed.
  constructor(name, onSaved, onChange) {
    this.#store = `activellm-outbox-${name}`;
    this.#queue = this.#restore();
    this.onSaved = onSaved;
    this.onChange = onChange;
    this.failure = null;
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

  #keep() {
    try {
      sessionStorage.setItem(this.#store, JSON.stringify(this.#queue));
    } catch {
      // A browser without storage still has the answers in memory.
    }
  }

  #restore() {
    try {
      return JSON.parse(sessionStorage.getItem(this.#store)) ?? [];
    } catch {
      return [];
    }
  }
}
