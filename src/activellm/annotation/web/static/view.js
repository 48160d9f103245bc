// What the page shows. Texts from outside are only ever set as text, never as HTML.

const $ = (id) => document.getElementById(id);
const buttons = [...document.querySelectorAll(".label")];
const multi = Boolean(document.body.dataset.multi);

export const labelByKey = new Map(
  buttons.filter((button) => button.dataset.key).map((button) => [button.dataset.key, button]),
);

export const labelNames = buttons.map((button) => button.dataset.label);
export const searched = $("search") !== null;

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// The beginning of a text, on one line.
export function beginning(text) {
  const flat = text.slice(0, 640).replace(/\s+/g, " ").trim();
  return flat.length > 160 ? `${flat.slice(0, 159)}…` : flat;
}

function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

// A text or a pair; nothing while the next one is on its way.
export function showText(item, correcting) {
  $("end").hidden = true;
  $("card").hidden = $("desk").hidden = !item;
  $("loading").hidden = Boolean(item);
  $("correcting").hidden = !correcting;
  if (!item) return;
  fill($("text"), item.text);
  if ($("pair")) fill($("pair"), item.pair ?? "");
  restart($("card"), "fresh");
}

function fill(box, text) {
  box.textContent = text;
  box.scrollTop = 0;
  box.dataset.size = text.length < 280 ? "short" : text.length < 1200 ? "middle" : "long";
}

// Play a CSS animation from its beginning.
function restart(box, className) {
  box.classList.remove(className);
  void box.offsetWidth;
  box.classList.add(className);
}

export function flash(button) {
  restart(button, "hit");
}

// The answer as it stands before it is given: chosen labels, doubt, note.
export function showDraft(draft) {
  for (const button of buttons) {
    const on = draft.labels.has(button.dataset.label);
    button.classList.toggle("given", on);
    if (multi) button.setAttribute("aria-pressed", on);
  }
  document.querySelector("[data-do=unsure]").setAttribute("aria-pressed", draft.unsure);
  if ($("note").value !== draft.note) $("note").value = draft.note;
  document.querySelector("[data-do=note]").classList.toggle("filled", draft.note !== "");
  if (multi) $("save-words").textContent = draft.labels.size ? "Save" : "Save: none of these";
}

export function showNote(open) {
  $("note-box").hidden = !open;
  document.querySelector("[data-do=note]").setAttribute("aria-expanded", open);
  if (open) $("note").focus();
  else $("note").blur(); // at once: the next key is meant for a label
}

export function showWhy(words) {
  $("why").hidden = words === null;
  $("why").textContent = words ?? "";
  document.querySelector("[data-do=why]").setAttribute("aria-expanded", words !== null);
}

export function showProgress(progress) {
  const done = progress.total - progress.open;
  $("done").textContent = `${done} of ${progress.total}`;
  $("left").textContent = done < progress.total ? timeLeft(progress.seconds_left) : "";
  $("fill").style.inlineSize = `${(100 * done) / Math.max(1, progress.total)}%`;
  $("track").setAttribute("aria-valuenow", done);
  $("track").setAttribute("aria-valuemax", progress.total);
  document.title = `${done}/${progress.total} · Labelling · ActiveLLM`;
}

function timeLeft(seconds) {
  if (seconds === null) return "";
  return seconds < 50 ? "< 1 min left" : `about ${Math.round(seconds / 60)} min left`;
}

function answered(answer) {
  if (answer.action === "undo") return "Taken back";
  if (answer.action === "skip") return "Skipped";
  return answer.labels.join(", ") || "None of these";
}

export function showSaved(answer) {
  $("saved").className = "saved yes";
  $("saved").textContent = answer.action === "label" ? `Saved: ${answered(answer)}` : answered(answer);
}

export function showSaving(failing) {
  $("saved").className = failing ? "saved no" : "saved";
  $("saved").textContent = failing ? "Not saved" : "Saving …";
}

// The bar that says what went wrong; `words` null takes it away.
export function showAlert(words, refused = false) {
  $("alert").hidden = words === null;
  $("alert-words").textContent = words ?? "";
  $("leave-out").hidden = !refused;
}

export function unsavedWords(count, failure) {
  const what = `${plural(count, "answer is", "answers are")} not saved yet. ${failure.message}`;
  return failure.refused ? what : `${what} Trying again by itself.`;
}

export function showAnswers(trail, open) {
  const latest = new Map(trail.map((entry) => [entry.id, entry]));
  const rows = [...trail].filter((entry) => latest.get(entry.id) === entry).reverse();
  const list = rows.map((entry) => {
    const row = element("button", "answer");
    row.type = "button";
    const what = element("span", `chip was-${entry.action}`, answered(entry));
    what.dir = "auto";
    const text = element("span", "begin", entry.begin);
    text.dir = "auto";
    row.append(what, text);
    if (entry.unsure) row.append(element("span", "mark-unsure", "unsure"));
    if (entry.note) row.append(element("span", "mark-note", entry.note));
    row.addEventListener("click", () => open(entry));
    const line = document.createElement("li");
    line.append(row);
    return line;
  });
  if (!list.length) list.push(element("li", "muted", "Nothing is answered yet."));
  $("answers").replaceChildren(...list);
}

export function showEnd(progress) {
  $("card").hidden = $("desk").hidden = $("loading").hidden = $("correcting").hidden = true;
  $("end").hidden = false;
  $("end-title").textContent = progress.skipped ? "That was the last one" : "All done";
  const counts = [plural(progress.labelled, "text") + " labelled"];
  if (progress.skipped) counts.push(`${progress.skipped} skipped`);
  if (progress.unsure) counts.push(`${progress.unsure} marked unsure`);
  $("end-counts").textContent = counts.join(" · ");
  $("end-skipped").hidden = !progress.skipped;
  $("end-skipped").textContent = `Label the ${plural(progress.skipped, "skipped text")}`;
  $("end").focus();
}

export function showCountdown(seconds) {
  $("end-next").textContent =
    seconds === null
      ? "Look as long as you like; the run waits for you."
      : `The run goes on by itself in the terminal in ${Math.ceil(seconds)} s.`;
}

// The last thing the page says. `open` texts may still wait, if the annotator stopped early.
export function showFinished(open) {
  document.body.classList.add("finished");
  $("end").hidden = false;
  $("card").hidden = $("desk").hidden = $("loading").hidden = $("correcting").hidden = true;
  $("end-title").textContent = open ? "Stopped for now" : "Thank you";
  $("end-next").textContent = open
    ? `All answers are kept; ${plural(open, "text waits", "texts wait")} for the next time.`
    : "The run goes on in the terminal. If it chooses more texts, they appear here by themselves.";
  document.title = "Done · ActiveLLM";
}

// ---- the search among many labels -------------------------------------------------------------

export function filterLabels(query) {
  const wanted = query.trim().toLocaleLowerCase();
  for (const button of buttons) {
    const name = button.dataset.label.toLocaleLowerCase();
    button.parentElement.hidden = !name.includes(wanted);
  }
  markLabel(wanted ? shownLabels()[0] : undefined);
}

export function shownLabels() {
  return buttons.filter((button) => !button.parentElement.hidden);
}

// Mark the label that Enter would choose.
export function markLabel(marked) {
  for (const button of buttons) button.classList.toggle("first", button === marked);
  marked?.scrollIntoView({ block: "nearest" });
}

export function clearSearch() {
  if (!searched || !$("search").value) return;
  $("search").value = "";
  filterLabels("");
}
