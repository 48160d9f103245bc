// The annotation page: one text at a time, one key a label, saved, next.

import { listen } from "./keys.js";
import { ask, Failure, Outbox } from "./outbox.js";
import * as panels from "./panels.js";
import * as view from "./view.js";

const $ = (id) => document.getElementById(id);
const multi = Boolean(document.body.dataset.multi);
const ENOUGH_AHEAD = 20; // texts; below it more are fetched
const NEXT_ROUND = 2000; // milliseconds between two looks whether another round has begun
const SECOND_THOUGHT = 700; // milliseconds in which Enter at the end may still be meant for a text

const newDraft = () => ({ labels: new Set(), unsure: false, note: "" });
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let current = null; // the text that is shown
let draft = newDraft(); // its answer so far
let correcting = false; // whether it has an answer already
let ahead = []; // texts that come next
let cursor = null; // the id of the last text that was fetched
let exhausted = false; // whether no text follows the cursor
let filling = false; // whether texts are being fetched
let settling = false; // whether the server is being asked if anything is left
let trail = []; // own answers, the oldest first
let progress = null; // as the server told last
let endedAt = null; // when the end page was shown; null while there is something to do
let countdown = null; // the timer of the end page
let finished = false;
let shownAt = 0; // milliseconds: since when the text is before the annotator's eyes
let seen = 0; // milliseconds that it was there before

const outbox = new Outbox(document.body.dataset.queue, onSaved, onOutbox);

// ---- texts: fetched ahead, shown one by one ---------------------------------------------------

async function refill() {
  if (filling || exhausted || ahead.length >= ENOUGH_AHEAD) return;
  filling = true;
  const after = cursor === null ? "" : `?after=${encodeURIComponent(cursor)}`;
  take(await untilAnswered(`api/v1/texts${after}`));
  filling = false;
  if (!current) settle();
}

function take(reply) {
  const known = new Set([current?.id, ...ahead.map((item) => item.id)]);
  ahead.push(...reply.texts.filter((item) => !known.has(item.id)));
  cursor = reply.texts.at(-1)?.id ?? cursor;
  exhausted = !reply.more;
  setProgress(reply.progress);
}

// Ask until the server answers, and say so meanwhile.
async function untilAnswered(path) {
  for (;;) {
    try {
      const reply = await ask(path);
      if (!outbox.failure) view.showAlert(null);
      return reply;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (!outbox.failure) view.showAlert(error.message);
      await sleep(1500);
    }
  }
}

// Go to the next text. When none is left, the server is asked once more before the end is shown.
async function settle() {
  if (ahead.length) return show(ahead.shift());
  current = null;
  correcting = false;
  if (endedAt === null) view.showText(null, false);
  if (!exhausted) return refill();
  if (outbox.size || settling) return undefined; // onSaved comes back here
  settling = true;
  const reply = await untilAnswered("api/v1/texts");
  settling = false;
  if (current || outbox.size) return undefined;
  take(reply);
  return ahead.length ? settle() : end();
}

function show(item, answer = newDraft(), isCorrection = false) {
  leaveEnd();
  current = item;
  draft = answer;
  correcting = isCorrection;
  seen = 0;
  shownAt = performance.now();
  view.showText(item, correcting);
  view.showDraft(draft);
  view.showNote(false);
  view.showWhy(null);
  view.clearSearch();
  refill();
}

// ---- answers --------------------------------------------------------------------------------

function choose(button) {
  if (!current) return;
  const name = button.dataset.label;
  if (multi) {
    if (!draft.labels.delete(name)) draft.labels.add(name);
    view.showDraft(draft);
  } else {
    view.flash(button);
    give("label", [name]);
  }
}

function give(action, labels) {
  if (!current) return;
  const { note } = draft;
  const answer = { id: current.id, action, labels, unsure: draft.unsure && action === "label", note };
  trail.push({ ...answer, begin: view.beginning(current.text), item: current });
  outbox.add({ ...answer, seconds: Math.min(86_400, secondsSeen()) });
  showTrail();
  settle();
}

function undo() {
  const last = trail.pop();
  if (!last) return;
  outbox.add({ id: last.id, action: "undo" });
  showTrail();
  const hasEarlier = trail.some((entry) => entry.id === last.id);
  reopen(last, hasEarlier);
}

function correct(entry) {
  hold();
  if (panels.covered()) panels.close();
  reopen(entry, true);
}

// Show an answered text again; the text that was shown comes after it.
async function reopen(entry, isCorrection) {
  if (current && !correcting && current.id !== entry.id) ahead.unshift(current);
  ahead = ahead.filter((item) => item.id !== entry.id);
  current = null;
  leaveEnd();
  view.showText(null, false);
  entry.item ??= await untilAnswered(`api/v1/text?id=${encodeURIComponent(entry.id)}`);
  if (current && current.id !== entry.id) ahead.unshift(current); // it came while we waited
  const { labels, unsure, note } = entry;
  show(entry.item, { labels: new Set(labels), unsure, note }, isCorrection);
}

function showTrail() {
  if (panels.isOpen("history")) view.showAnswers(trail, correct);
}

function secondsSeen() {
  const now = document.hidden ? 0 : performance.now() - shownAt;
  return Math.round(seen + now) / 1000;
}

function onSaved(answer, reply) {
  setProgress(reply.progress);
  view.showSaved(answer);
  if (!outbox.size && !current && endedAt === null) settle();
}

function onOutbox() {
  const { size, failure } = outbox;
  if (size) view.showSaving(failure !== null);
  view.showAlert(failure && view.unsavedWords(size, failure), failure?.refused);
}

function setProgress(told) {
  progress = told;
  view.showProgress(told);
}

// ---- the end --------------------------------------------------------------------------------

function end() {
  leaveEnd();
  endedAt = performance.now();
  view.showEnd(progress);
  const closesAt = progress.closing_in === null ? null : endedAt + progress.closing_in * 1000;
  view.showCountdown(progress.closing_in);
  if (closesAt === null) return;
  countdown = setInterval(() => {
    const left = Math.max(0, closesAt - performance.now()) / 1000;
    view.showCountdown(left);
    if (left === 0) sayFinished(); // the server has counted by itself, and goes on now
  }, 250);
}

function leaveEnd() {
  clearInterval(countdown);
  endedAt = null;
}

// The annotator looks back: the run waits.
function hold() {
  if (endedAt === null) return;
  clearInterval(countdown);
  view.showCountdown(null);
  ask("api/v1/closing", { wish: "hold" }).catch(() => {}); // the server may have gone on just now
}

async function finish() {
  clearInterval(countdown);
  while (outbox.size) await sleep(100);
  sayFinished();
  ask("api/v1/closing", { wish: "finish" }).catch(() => {}); // a server that is gone went on already
}

function sayFinished() {
  clearInterval(countdown);
  finished = true;
  panels.close();
  const { open } = progress;
  view.showFinished(open);
  if (!open) awaitNextRound();
}

// The server is gone until the next round's texts are chosen; then the page begins anew.
async function awaitNextRound() {
  for (;;) {
    await sleep(NEXT_ROUND);
    const reply = await ask("api/v1/texts").catch(() => null);
    if (reply?.texts.length) return location.reload();
  }
}

async function labelSkipped() {
  hold();
  ahead = (await untilAnswered("api/v1/texts?skipped=true")).texts;
  settle();
}

// ---- what keys and buttons do -----------------------------------------------------------------

function toggle(name) {
  if (panels.isOpen(name)) {
    panels.close();
    return;
  }
  panels.show(name);
  if (name === "history") hold();
  showTrail();
}

function save() {
  give("label", view.labelNames.filter((name) => draft.labels.has(name)));
}

async function why() {
  if (!current || !$("why").hidden) return view.showWhy(null);
  const asked = current;
  const { reason } = await untilAnswered(`api/v1/reason?id=${encodeURIComponent(asked.id)}`);
  return current === asked ? view.showWhy(reason) : undefined;
}

function enter() {
  if (endedAt !== null && performance.now() - endedAt > SECOND_THOUGHT) finish();
  else if (multi) save();
}

function unsure() {
  draft.unsure = !draft.unsure;
  view.showDraft(draft);
}

const actions = {
  back: () => correcting && settle(),
  close: panels.close,
  enter,
  finish,
  guidelines: () => toggle("guidelines"),
  history: () => toggle("history"),
  note: () => current && view.showNote($("note-box").hidden),
  save,
  skip: () => give("skip", []),
  skipped: labelSkipped,
  undo,
  unsure,
  why,
};

listen(actions, choose, () => finished);
$("retry").addEventListener("click", () => outbox.send());
$("leave-out").addEventListener("click", () => outbox.leaveOut());
$("note").addEventListener("input", () => {
  draft.note = $("note").value;
  view.showDraft(draft);
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) seen += performance.now() - shownAt;
  else shownAt = performance.now();
});
addEventListener("beforeunload", (event) => {
  if (outbox.size) event.preventDefault();
});

// What an earlier load of this tab could not send goes first: then the server knows what is open.
outbox.send();
while (outbox.size) await sleep(50);
trail = (await untilAnswered("api/v1/answers")).answers;
await refill();
if (view.searched && matchMedia("(hover: hover)").matches) $("search").focus();
