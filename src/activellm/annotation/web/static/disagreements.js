// The adjudicators' page: the texts that wait for a decision, the answers side by side, one key a
// label. Nothing is decided but by a person.

import * as bench from "./bench.js";
import { Decisions } from "./decisions.js";
import { $, count, say, tell } from "./dom.js";
import { ask } from "./ask.js";
import { buttonOf, flash, inOrder, labelKeys, listenToSearch, onSearchKey } from "./labels.js";
import "./look.js";
import { poll, showAlert } from "./poll.js";

const multi = Boolean(document.body.dataset.multi);
const SOON = 4000; // milliseconds between two looks at the queue

let me = ""; // whose decisions these are
let cases = []; // as the server told them: those that wait, then those decided last
let current = null; // the id of the text that is shown
let draft = new Set(); // the labels chosen so far
let kept = 0; // when the server last kept a decision, in milliseconds
let made = []; // ids of the decisions of this visit, the latest last

const decisions = new Decisions(onKept, onChange);

// ---- the queue --------------------------------------------------------------------------------

// A text as it stands, with what is on its way to the server.
function standing(one) {
  const sent = decisions.of(one.id);
  if (!sent) return one;
  const decision = sent.action === "resolve" ? { labels: sent.labels, note: sent.note, by: me } : null;
  return { ...one, decision };
}

const all = () => cases.map(standing);
const waiting = () => all().filter((one) => !one.decision);
const ordered = () => [...waiting(), ...all().filter((one) => one.decision)];
const find = (id) => all().find((one) => one.id === id);

function take(reply, asked) {
  if (asked < kept) return; // it does not know of that decision; the next one is on its way
  const shown = cases.find((one) => one.id === current);
  cases = reply.texts;
  // What is before the adjudicator's eyes stays there, also when somebody else decided it.
  if (shown && !find(current)) cases.push(shown);
  showCount(reply.count);
  if (current === null) open(waiting()[0]?.id ?? null);
  else draw(false);
}

function showCount(number) {
  $("to-decide").hidden = !number;
  tell($("to-decide"), count(number));
}

function open(id) {
  current = id;
  const one = id === null ? null : find(id);
  draft = new Set(one?.decision?.labels ?? []);
  bench.showNote(false);
  $("note").value = one?.decision?.note ?? "";
  draw(true);
}

// `fresh`: another text is shown, so that screen readers tell it and the page begins at its top.
function draw(fresh) {
  const one = current === null ? null : find(current);
  bench.showDocket(ordered(), current, open);
  bench.showCase(one, waiting().findIndex((other) => other.id === current), waiting().length, fresh);
  bench.showDraft(one, draft, multi);
  bench.showEmpty(!one, made.length > 0);
}

function step(by) {
  const ids = ordered().map((one) => one.id);
  if (!ids.length) return;
  const place = ids.indexOf(current);
  open(ids[Math.min(ids.length - 1, Math.max(0, place + by))]);
}

// ---- deciding ---------------------------------------------------------------------------------

function choose(name) {
  if (current === null) return;
  if (!multi) return decide([name]);
  if (!draft.delete(name)) draft.add(name);
  return bench.showDraft(find(current), draft, multi);
}

function decide(labels) {
  if (current === null) return;
  const id = current;
  const before = waiting().map((one) => one.id);
  made.push(id);
  showAlert(null, "refused");
  decisions.add({ id, action: "resolve", labels, note: $("note").value.trim() });
  const place = before.indexOf(id);
  const left = before.filter((other) => other !== id);
  // Somebody who changes an earlier decision stays with it.
  open(place < 0 ? id : (left[Math.min(place, left.length - 1)] ?? null));
}

function undo() {
  const own = current !== null && find(current)?.decision?.by === me ? current : undefined;
  const id = made.pop() ?? own;
  if (id === undefined) return;
  decisions.add({ id, action: "undo", labels: [], note: "" });
  if (find(id)) open(id);
}

function onKept(decision, reply) {
  kept = performance.now();
  const place = cases.findIndex((one) => one.id === decision.id);
  if (place >= 0) {
    const { labels, note } = decision;
    const resolved = decision.action === "resolve";
    cases[place] = { ...cases[place], decision: resolved ? { labels, note, by: me } : null };
  }
  showCount(reply.count);
  const words = bench.named(decision.labels);
  bench.showSaved(decision.action === "undo" ? say("decide.undone") : say("decide.saved", { labels: words }));
  look();
}

function onChange(failure) {
  if (failure?.refused) {
    showAlert(say("decide.refused", { why: failure.message }), "refused");
    made = [];
    look();
  } else if (failure) {
    bench.showSaved(say("decide.unsaved"), false);
    showAlert(say("decide.unsaved.words", { why: failure.message }), "unsaved");
  } else {
    showAlert(null, "unsaved");
    if (decisions.size) bench.showSaved(say("decide.saving"), null);
  }
}

// ---- keys and clicks --------------------------------------------------------------------------

const actions = {
  next: () => step(1),
  previous: () => step(-1),
  undo,
  note: () => bench.showNote($("note-box").hidden),
  decide: () => decide(inOrder(draft)),
};
const COMMANDS = { j: "next", k: "previous", u: "undo", n: "note", Backspace: "undo" };

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (event.detail) button.blur(); // a later space or Enter must not decide by accident
  if (button.dataset.label !== undefined) choose(button.dataset.label);
  else if (button.dataset.take !== undefined) takeAnswer(JSON.parse(button.dataset.take));
  else if (button.dataset.do) actions[button.dataset.do]();
});

function takeAnswer(labels) {
  if (!multi) return decide(labels);
  draft = new Set(labels);
  return bench.showDraft(find(current), draft, multi);
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey) return;
  const field = event.target.closest("textarea, input");
  if (event.key === "Escape") {
    if (field) field.blur();
    bench.showNote(false);
  } else if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && field) {
    field.blur();
  } else if (event.ctrlKey || event.metaKey || event.repeat) {
    return;
  } else if (field) {
    if (field.id === "search") searchKey(event);
  } else if (event.key === "Enter") {
    if (multi && !event.target.closest("button:not(.label), a")) {
      event.preventDefault();
      actions.decide();
    }
  } else press(event);
});

function press(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const label = labelKeys.find((pair) => pair[1] === key)?.[0];
  if (label !== undefined) {
    flash(buttonOf(label));
    choose(label);
  } else if (key in COMMANDS) actions[COMMANDS[key]]();
  else if (key === "/" && $("search")) $("search").focus();
  else return;
  event.preventDefault();
}

function searchKey(event) {
  const choice = (button) => choose(button.dataset.label);
  onSearchKey(event, choice, () => multi && actions.decide());
}

listenToSearch();
addEventListener("beforeunload", (event) => decisions.size && event.preventDefault());

// Until the server has said who this is, own decisions cannot be told from others'.
async function introduce() {
  try {
    me = (await ask("api/v1/me")).name;
  } catch {
    setTimeout(introduce, SOON);
  }
}

introduce();
const look = poll(() => "api/v1/disagreements?limit=200", take, SOON);
