// The annotation page: one text at a time, one key a label, saved, next.

import { ask, connection, Failure, sleep, untilAnswered } from "./ask.js";
import { $ } from "./dom.js";
import { Ending } from "./ending.js";
import * as history from "./history.js";
import { Keymap } from "./keymap.js";
import { listen } from "./keys.js";
import { clearSearch, flash, inOrder, keyless, labelKeys } from "./labels.js";
import { Outbox } from "./outbox.js";
import * as panels from "./panels.js";
import * as settings from "./settings.js";
import { live, showElsewhere, tab } from "./tab.js";
import { Texts } from "./texts.js";
import { Trail } from "./trail.js";
import * as view from "./view.js";

const { mine } = document.body.dataset;
const multi = Boolean(document.body.dataset.multi);
const SOON = 1500; // milliseconds between two looks whether a text has become free

const newDraft = () => ({ labels: new Set(), unsure: false, discuss: false, note: "" });

let current = null; // the text that is shown
let draft = newDraft(); // its answer so far
let correcting = false; // whether it has an answer already
let settling = false; // whether the server is being asked if anything is left
let me = { reveal: "never", team: false }; // what the annotator may see, and whether others work
let progress = null; // as the server told last
let shownAt = 0; // milliseconds: since when the text is before the annotator's eyes
let seen = 0; // milliseconds that it was there before

const keymap = new Keymap(mine, labelKeys);
const outbox = new Outbox(mine, tab, onSaved, showTrouble);
const texts = new Texts(() => current?.id, setProgress);
const trail = new Trail(settled, showTrail);
const ending = new Ending(() => progress, settled, goOn);
connection.changed = showTrouble;

// Resolves when the server knows all that was answered here.
async function settled() {
  while (outbox.size) await sleep(50);
}

// ---- texts, one by one ------------------------------------------------------------------------

async function refill() {
  if ((await texts.fill()) && !current) settle();
}

// Go to the next text. When none is left, the server is asked once more before the end is shown.
async function settle() {
  if (texts.waiting) return show(texts.next());
  current = null;
  correcting = false;
  if (!ending.shown) view.showText(null, false);
  if (!texts.exhausted) return refill();
  if (outbox.size || settling) return undefined; // onSaved comes back here
  settling = true;
  const reply = await untilAnswered("api/v1/texts");
  settling = false;
  if (current || outbox.size) return undefined;
  texts.take(reply);
  if (texts.waiting) return settle();
  return progress.open ? awaitText() : ending.show();
}

// Others have before them what is left: look again and again whether a text becomes free.
async function awaitText() {
  view.showWaiting();
  await sleep(SOON);
  if (current) return undefined;
  texts.again();
  return refill();
}

// After the end there is more to do.
function goOn(reply) {
  texts.again();
  texts.take(reply);
  settle();
}

function show(item, answer = newDraft(), isCorrection = false) {
  ending.leave();
  current = item;
  draft = answer;
  correcting = isCorrection;
  seen = 0;
  shownAt = performance.now();
  view.showText(item, correcting);
  view.showDraft(draft);
  view.showNote(false);
  view.showWhy(null);
  clearSearch();
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
    flash(button);
    give("label", [name]);
  }
}

function give(action, labels) {
  if (!current) return;
  const { note, discuss } = draft;
  const unsure = draft.unsure && action === "label";
  const answer = { id: current.id, action, labels, unsure, discuss, note };
  trail.add({ ...answer, begin: view.beginning(current.text), item: current });
  view.showModel(null);
  outbox.add({ ...answer, seconds: Math.min(86_400, secondsSeen()), tab });
  settle();
}

async function undo() {
  const before = current;
  if (!trail.last) await trail.load(); // the page was opened just now
  const { last } = trail;
  if (!last || current !== before) return;
  outbox.add({ id: last.id, action: "undo", tab });
  trail.pop();
  reopen(last, trail.has(last.id));
}

function correct(entry) {
  ending.hold();
  if (panels.covered()) panels.close();
  reopen(entry, true);
}

// Show an answered text again; the text that was shown comes after it.
async function reopen(entry, isCorrection) {
  view.showModel(null);
  putBack(entry.id);
  texts.drop(entry.id);
  current = null;
  ending.leave();
  view.showText(null, false);
  entry.item ??= await untilAnswered(`api/v1/text?id=${encodeURIComponent(entry.id)}`);
  putBack(entry.id); // what came while we waited
  const { labels, unsure, discuss, note } = entry;
  show(entry.item, { labels: new Set(labels), unsure, discuss, note }, isCorrection);
}

function putBack(id) {
  if (current && !correcting && current.id !== id) texts.putBack(current);
}

function showTrail() {
  if (panels.isOpen("history")) history.show(trail, correct);
}

function secondsSeen() {
  const now = document.hidden ? 0 : performance.now() - shownAt;
  return Math.round(seen + now) / 1000;
}

function onSaved(answer, reply) {
  setProgress(reply.progress);
  showElsewhere(reply.elsewhere);
  view.showSaved(answer);
  if (me.reveal === "after" && answer.action === "label") tellJudgement(answer);
  if (!outbox.size && !current && !ending.shown) settle();
}

function setProgress(told) {
  progress = told;
  view.showProgress(told);
}

// What keeps answers or texts from going back and forth. A page that has said goodbye needs none.
function showTrouble() {
  const { size, failure } = outbox;
  if (size) view.showSaving(failure !== null);
  view.showTrouble(ending.finished ? null : (failure ?? connection.failure), size);
}

// ---- what the query model expects ---------------------------------------------------------------

// On request, before the answer.
async function model() {
  if (!current || me.reveal !== "before") return;
  const asked = current;
  const words = view.judgementWords(await judgementOf(asked.id, "before"));
  if (current === asked) view.showModel(words);
}

// After the answer, by itself: it stands below the next text, until that is answered.
async function tellJudgement(answer) {
  const judgement = await judgementOf(answer.id, "after");
  if (!judgement || trail.last?.id !== answer.id) return; // it was answered again, or taken back
  view.showModel(view.judgementWords(judgement, answer));
}

async function judgementOf(id, moment) {
  try {
    return await ask(`api/v1/judgement?id=${encodeURIComponent(id)}&moment=${moment}`);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return null; // the query model judged other texts only
  }
}

// ---- what keys and buttons do -----------------------------------------------------------------

function toggle(name) {
  if (panels.isOpen(name)) {
    panels.close();
    return;
  }
  settings.stop();
  panels.show(name);
  if (name === "history") ending.hold();
  showTrail();
}

function save() {
  give("label", inOrder(draft.labels));
}

async function why() {
  if (!current || view.isWhyShown()) return view.showWhy(null);
  const asked = current;
  const { reason } = await untilAnswered(`api/v1/reason?id=${encodeURIComponent(asked.id)}`);
  return current === asked ? view.showWhy(reason) : undefined;
}

async function labelSkipped() {
  ending.hold();
  await texts.takeSkipped();
  settle();
}

function enter() {
  if (ending.canFinish) ending.finish();
  else if (multi) save();
}

function mark(name) {
  if (!current) return;
  draft[name] = !draft[name];
  view.showDraft(draft);
}

function back() {
  if (!correcting) return;
  view.showModel(null);
  settle();
}

const actions = {
  back,
  close: panels.close,
  discuss: () => mark("discuss"),
  enter,
  finish: () => ending.finish(),
  guidelines: () => toggle("guidelines"),
  history: () => toggle("history"),
  model,
  note: () => current && view.showNote($("note-box").hidden),
  older: () => trail.load(),
  resetKeys: () => settings.reset(),
  save,
  settings: () => toggle("settings"),
  skip: () => give("skip", []),
  skipped: labelSkipped,
  undo,
  unsure: () => mark("unsure"),
  why,
};

const showKeys = () => view.showKeys(keymap);

showKeys();
settings.begin(keymap, showKeys);
history.begin(showTrail, actions.older);
listen(keymap, actions, choose, () => ending.finished);
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
me = await untilAnswered("api/v1/me");
ending.team = me.team;
outbox.send();
await settled();
await trail.load();
await refill();
live(
  (reply) => {
    setProgress(reply.progress);
    view.showNotice(reply.notice);
  },
  () => ending.finished || outbox.failure !== null,
);
if (keyless && matchMedia("(hover: hover)").matches) $("search").focus();
