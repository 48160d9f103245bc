// Requests to the server, and whether it is there at all.

import { say } from "./dom.js";

const TIMEOUT = 15_000; // milliseconds after which a silent server counts as gone
const REFUSALS = [403, 404, 413, 422]; // statuses that another try does not change
const AGAIN = 1500; // milliseconds before the next try

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Failure extends Error {
  // `refused`: another try changes nothing. `away`: there was no answer at all.
  constructor(message, { refused = false, away = false } = {}) {
    super(message);
    this.refused = refused;
    this.away = away;
  }
}

// Why the server is of no help just now: the last Failure, or null. `changed` is called when it
// turns; a page puts its own function there.
export const connection = { failure: null, changed: () => {} };

let count = 0; // requests so far
let noted = 0; // the number of the one whose outcome was noted last: older ones are out of date

function note(number, failure) {
  if (number < noted) return;
  noted = number;
  if (failure?.message === connection.failure?.message) return;
  connection.failure = failure;
  connection.changed();
}

// Ask the server; with a body the request is a POST. Throws a Failure that says why in words.
export async function ask(path, body) {
  count += 1;
  const number = count;
  try {
    const reply = await request(path, body);
    note(number, null);
    return reply;
  } catch (error) {
    if (error instanceof Failure) note(number, error.refused ? null : error);
    throw error;
  }
}

async function request(path, body) {
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
    const words = say(navigator.onLine ? "page.away" : "page.offline");
    throw new Failure(words, { away: true });
  }
  if (response.ok) return reply;
  const refused = REFUSALS.includes(response.status);
  throw new Failure(reply.error?.message ?? say("page.refused"), { refused });
}

// Ask until the server answers.
export async function untilAnswered(path) {
  for (;;) {
    try {
      return await ask(path);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      await sleep(AGAIN);
    }
  }
}

// `length` random bytes in hexadecimal digits.
export function randomId(length) {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
