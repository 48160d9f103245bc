// What the page shows. Texts from outside are only ever set as text, never as HTML.

import { $, restart, say, tell, tellText } from "./dom.js";
import { shownKey } from "./keymap.js";
import { showChosen } from "./labels.js";

const multi = Boolean(document.body.dataset.multi);

let away = false; // whether the server cannot be reached

// Show everywhere which key does what.
export function showKeys(keymap) {
  const write = (box, action) => {
    if (box) box.textContent = shownKey(keymap.keyOf(action));
  };
  for (const button of document.querySelectorAll("[data-do], .label")) {
    const { label, do: command } = button.dataset;
    const action = label === undefined ? `do:${command}` : `label:${label}`;
    if (!keymap.keyOf(action)) continue;
    write(button.querySelector("kbd"), action);
    button.setAttribute("aria-keyshortcuts", keymap.keyOf(action));
  }
  for (const box of document.querySelectorAll("[data-of]")) write(box, `do:${box.dataset.of}`);
  for (const box of document.querySelectorAll("[data-of-label]")) {
    write(box, `label:${box.dataset.ofLabel}`);
  }
}

// The beginning of a text, on one line.
export function beginning(text) {
  const flat = text.slice(0, 640).replace(/\s+/g, " ").trim();
  return flat.length > 160 ? `${flat.slice(0, 159)}…` : flat;
}

// A text or a pair; nothing while the next one is on its way.
export function showText(item, correcting) {
  $("end").hidden = true;
  $("card").hidden = $("desk").hidden = !item;
  $("loading").hidden = Boolean(item);
  $("loading").textContent = loadingWords();
  $("correcting").hidden = !correcting;
  if (!item) return;
  fromTop($("text"), item.text);
  if ($("pair")) fromTop($("pair"), item.pair ?? "");
  restart($("card"), "fresh");
}

const loadingWords = () => say(away ? "page.later" : "page.loading");

// Nothing is free for the moment: others have the rest before them.
export function showWaiting() {
  $("loading").textContent = say("page.waiting");
}

function fromTop(box, text) {
  tellText(box, text);
  box.scrollTop = 0;
}

// The answer as it stands before it is given: chosen labels, doubt, note.
export function showDraft(draft) {
  showChosen(draft.labels);
  document.querySelector("[data-do=unsure]").setAttribute("aria-pressed", draft.unsure);
  document.querySelector("[data-do=discuss]").setAttribute("aria-pressed", draft.discuss);
  if ($("note").value !== draft.note) $("note").value = draft.note;
  document.querySelector("[data-do=note]").classList.toggle("filled", draft.note !== "");
  const words = draft.labels.size ? "page.save" : "page.save.none";
  if (multi) $("save-words").textContent = say(words);
}

export function showNote(open) {
  $("note-box").hidden = !open;
  document.querySelector("[data-do=note]").setAttribute("aria-expanded", open);
  if (open) $("note").focus();
  else $("note").blur(); // at once: the next key is meant for a label
}

export const isWhyShown = () => !$("why").hidden;

export function showWhy(words) {
  $("why").hidden = words === null;
  $("why").textContent = words ?? "";
  document.querySelector("[data-do=why]").setAttribute("aria-expanded", words !== null);
}

// What the query model expects, in words; null takes it away.
export function showModel(words) {
  $("model-said").hidden = words === null;
  $("model-said").textContent = words ?? "";
  const button = document.querySelector("[data-do=model]");
  button?.setAttribute("aria-expanded", words !== null);
}

// The words for a judgement of the text that is shown, or with `answer` of the last one.
export function judgementWords(judgement, answer = null) {
  if (!judgement) return say("page.model.nothing");
  const { label } = judgement;
  const percent = Math.round(100 * judgement.probability);
  if (!answer) return say("page.model.says", { label, percent });
  const yours = answered(answer);
  const key = yours === label ? "page.model.same" : "page.model.said";
  return say(key, { label, percent, yours });
}

export function showProgress(progress) {
  const done = progress.total - progress.open;
  $("done").textContent = say("page.done", { done, total: progress.total });
  $("left").textContent = progress.open ? timeLeft(progress.seconds_left) : "";
  $("fill").style.inlineSize = `${(100 * done) / Math.max(1, progress.total)}%`;
  $("track").setAttribute("aria-valuenow", done);
  $("track").setAttribute("aria-valuemax", progress.total);
  document.title = `${done}/${progress.total} · ${say("page.title")} · ActiveLLM`;
}

function timeLeft(seconds) {
  if (seconds === null) return "";
  if (seconds < 50) return say("page.left.soon");
  return say("page.left", { minutes: Math.round(seconds / 60) });
}

export function showNotice(words) {
  $("notice").textContent = words;
  $("notice").hidden = !words;
}

export function answered(answer) {
  if (answer.action === "undo") return say("page.taken.back");
  if (answer.action === "skip") return say("page.skipped");
  return answer.labels.join(", ") || say("page.none");
}

export function showSaved(answer) {
  const what = answered(answer);
  $("saved").className = "saved yes";
  $("saved").textContent = answer.action === "label" ? say("page.saved", { what }) : what;
}

export function showSaving(failing) {
  $("saved").className = failing ? "saved no" : "saved";
  $("saved").textContent = say(failing ? "page.not.saved" : "page.saving");
}

// The bar that says what went wrong; no failure takes it away. `unsaved` answers wait meanwhile.
export function showTrouble(failure, unsaved) {
  away = failure !== null;
  tell($("alert-words"), failure ? troubleWords(failure, unsaved) : "");
  $("alert").hidden = !failure;
  $("alert").classList.toggle("calm", !unsaved);
  $("retry").hidden = !unsaved;
  $("leave-out").hidden = !failure?.refused;
  if (!$("loading").hidden) $("loading").textContent = loadingWords();
}

function troubleWords(failure, unsaved) {
  const words = [failure.message];
  if (unsaved) words.unshift(say("page.unsaved", { n: unsaved }));
  else if (failure.away && !$("desk").hidden) words.push(say("page.keeps"));
  if (!failure.refused) words.push(say("page.again"));
  return words.join(" ");
}

export function showEnd(progress, team) {
  $("card").hidden = $("desk").hidden = $("loading").hidden = $("correcting").hidden = true;
  $("end").hidden = false;
  $("end-title").textContent = say(progress.skipped ? "page.end.last" : "page.end");
  const counts = [say("page.end.labelled", { n: progress.labelled })];
  if (progress.skipped) counts.push(say("page.end.skipped", { n: progress.skipped }));
  if (progress.unsure) counts.push(say("page.end.unsure", { n: progress.unsure }));
  $("end-counts").textContent = counts.join(" · ");
  $("end-skipped").hidden = !progress.skipped;
  $("end-skipped").textContent = say("page.end.label.skipped", { n: progress.skipped });
  document.querySelector(".end [data-do=finish]").hidden = team;
  if (team) $("end-next").textContent = say("page.end.team");
  $("end").focus();
}

export function showCountdown(seconds) {
  $("end-next").textContent =
    seconds === null
      ? say("page.end.held")
      : say("page.end.countdown", { seconds: Math.ceil(seconds) });
}

// The last thing the page says. `open` texts may still wait, if the annotator stopped early.
export function showFinished(open) {
  document.body.classList.add("finished");
  $("end").hidden = false;
  $("card").hidden = $("desk").hidden = $("loading").hidden = $("correcting").hidden = true;
  $("end-title").textContent = say(open ? "page.stopped" : "page.thanks");
  $("end-next").textContent = open ? say("page.stopped.open", { n: open }) : say("page.thanks.next");
  document.title = `${say("page.finished")} · ActiveLLM`;
}
