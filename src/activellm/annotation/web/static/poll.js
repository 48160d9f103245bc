// Ask the server again and again, and say so when it does not answer.

import { ask, Failure } from "./outbox.js";
import { $, say } from "./dom.js";

const SOON = 2000; // milliseconds between two questions
const HIDDEN = 15_000; // while nobody looks

// Call `take(reply)` for each answer to `path()`. Returns a function that asks at once.
export function poll(path, take, soon = SOON) {
  let timer = null;
  let asking = false;
  let again = false;
  let last = null; // when the server last answered

  async function look() {
    clearTimeout(timer);
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    again = false;
    try {
      take(await ask(path()));
      last = new Date();
      showAlert(null);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      showAlert(error.refused ? error.message : away(last));
    } finally {
      asking = false;
      timer = setTimeout(look, again ? 0 : document.hidden ? HIDDEN : soon);
    }
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look();
  });
  look();
  return look;
}

function away(last) {
  if (!last) return say("office.away.now");
  const time = last.toLocaleTimeString(document.documentElement.lang, { timeStyle: "medium" });
  return say("office.away", { when: time });
}

let shown = null;

export function showAlert(words) {
  if (words === shown) return;
  shown = words;
  $("alert").hidden = words === null;
  $("alert-words").textContent = words ?? "";
}
