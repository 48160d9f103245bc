// The one dialog of the owner's page. It opens over the page, Escape closes it.

import { $, make, say } from "./dom.js";

// Show a dialog; `buttons` are {words, main, run}. One more closes it.
export function show(title, body, buttons = [], closing = say("office.close")) {
  const box = $("dialog");
  $("dialog-title").textContent = title;
  $("dialog-body").replaceChildren(...body);
  $("dialog-buttons").replaceChildren(
    make("button", { class: "quiet", value: "close" }, closing),
    ...buttons.map(({ words, run }) =>
      make("button", { class: "main", type: "button", on: () => { box.close(); run(); } }, words)),
  );
  if (!box.open) box.showModal();
}

// Ask whether to do something that is not quickly undone.
export function confirm(title, words, go, run) {
  show(title, [make("p", {}, words)], [{ words: go, run }], say("office.cancel"));
}

// Say why something was refused.
export function refuse(title, words) {
  show(title, [make("p", { role: "alert" }, words)]);
}
