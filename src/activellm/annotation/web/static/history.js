// The panel of own answers: the newest first, a part at a time.

import { $, make, say } from "./dom.js";
import { answered } from "./view.js";

const NEAR = 300; // pixels from the list's end at which older answers are fetched

let query = "";

// Make the filter work, and the scrolling; `again()` draws the list anew, `older()` fetches more.
export function begin(again, older) {
  const box = $("answers").parentElement;
  box.addEventListener("scroll", () => {
    const left = box.scrollHeight - box.scrollTop - box.clientHeight;
    if (left < NEAR && !$("older").hidden) older();
  });
  $("filter").addEventListener("input", () => {
    query = $("filter").value.trim().toLocaleLowerCase();
    again();
  });
}

// Show the answers of a trail; a click calls `open(entry)`.
export function show(trail, open) {
  const entries = trail.latest;
  const rows = entries.filter(fits).map((entry) => row(entry, open));
  const nothing = entries.length ? "page.history.no" : "page.history.empty";
  if (!rows.length) rows.push(make("li", { class: "muted" }, say(nothing)));
  $("answers").replaceChildren(...rows);
  $("older").hidden = !trail.older;
}

function fits(entry) {
  const words = [entry.begin, entry.note, ...entry.labels].join("\n").toLocaleLowerCase();
  return words.includes(query);
}

function row(entry, open) {
  const button = make(
    "button",
    { type: "button", class: "answer", on: () => open(entry) },
    make("span", { class: `chip was-${entry.action}`, dir: "auto" }, answered(entry)),
    make("span", { class: "begin", dir: "auto" }, entry.begin),
    entry.unsure ? make("span", { class: "mark-unsure" }, say("page.unsure")) : null,
    entry.discuss ? make("span", { class: "mark-discuss" }, say("page.discuss")) : null,
    entry.note ? make("span", { class: "mark-note", dir: "auto" }, entry.note) : null,
  );
  return make("li", {}, button);
}
