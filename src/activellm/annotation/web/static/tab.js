// This tab: its name, its signs of life, and the notice that a newer one is at work.

import { ask, randomId } from "./ask.js";
import { $ } from "./dom.js";

const ALIVE = 20_000; // milliseconds between two signs of life
const SOON = 2_000; // the same, while nobody hears them

export const tab = randomId(8);

export function showElsewhere(elsewhere) {
  $("elsewhere").hidden = !elsewhere;
}

// Tell the server again and again that the page is there, and at the end that it is left.
// `heard(reply)` gets what it answers; `paused()` says when not to.
export function live(heard, paused) {
  let timer;
  async function sign(claim = false) {
    const silent = paused() && !claim;
    const reply = silent ? null : await ask("api/v1/alive", { tab, claim }).catch(() => null);
    if (reply) {
      showElsewhere(reply.elsewhere);
      heard(reply);
    }
    clearTimeout(timer);
    timer = setTimeout(sign, reply ? ALIVE : SOON);
  }
  $("claim").addEventListener("click", () => sign(true));
  addEventListener("online", () => sign());
  addEventListener("offline", () => sign()); // a server on this machine is still there
  addEventListener("pageshow", (event) => event.persisted && sign());
  addEventListener("pagehide", leave);
  sign();
}

// A request that outlives the page; what was held goes to others at once.
function leave() {
  const headers = { "Content-Type": "application/json" };
  const options = { method: "POST", keepalive: true, credentials: "same-origin", headers };
  fetch("api/v1/release", { ...options, body: JSON.stringify({ tab }) }).catch(() => {});
}
