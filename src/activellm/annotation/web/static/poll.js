// Ask the server again and again, and say so when it does not answer.

import { ask, Failure } from "./ask.js";
import { $, say } from "./dom.js";

const SOON = 2000; // milliseconds between two questions
const HIDDEN = 15_000; // while nobody looks

// Call `take(reply, asked)` for each answer to `path()`; `asked` is when the question was put, in
// milliseconds of `performance.now()`. Returns a function that asks at once.
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
    const asked = performance.now();
    try {
      take(await ask(path()), asked);
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

const alerts = {}; // by who tells it

// Tell of trouble in the bar at the top; `words` null takes back what `who` told.
export function showAlert(words, who = "poll") {
  alerts[who] = words;
  const told = Object.values(alerts).filter(Boolean).join(" ");
  if ($("alert-words").textContent === told) return;
  $("alert").hidden = !told;
  $("alert-words").textContent = told;
}
