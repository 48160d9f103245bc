// What the adjudicators' page shows.

import { $, fill, make, say, since, tell, tellText } from "./dom.js";
import { showChosen } from "./labels.js";

export function named(labels) {
  return labels.length ? labels.join(", ") : say("decide.none");
}

// ---- the list of texts ------------------------------------------------------------------------

export function showDocket(cases, current, open) {
  const rows = [];
  for (const one of cases) {
    if (one.decision && !rows.some((row) => row.head)) rows.push({ id: "head", head: true });
    rows.push(one);
  }
  fill($("docket"), rows, (row) => (row.head ? "head" : `text ${row.id}`), (row) => entry(row, open), (line, row) => {
    if (row.head) return;
    const button = line.firstChild;
    if (row.id === current) {
      if (!button.hasAttribute("aria-current")) line.scrollIntoView({ block: "nearest" });
      button.setAttribute("aria-current", "true");
    } else button.removeAttribute("aria-current");
    const labels = row.decision ? named(row.decision.labels) : null;
    tell(button.lastChild, labels === null ? summary(row) : `✓ ${labels}`);
  });
}

function entry(row, open) {
  if (row.head) return make("li", { class: "head" }, say("decide.decided.head"));
  return make("li", {},
    make("button", { type: "button", on: () => open(row.id) },
      make("span", { class: "begin", dir: "auto" }, row.text.slice(0, 300)),
      make("span", { class: "muted", dir: "auto" })));
}

// The answers in short: "waste 2 · roads 1".
function summary(row) {
  const votes = new Map();
  for (const one of row.answers) {
    const name = one.action === "skip" ? say("decide.skipped") : named(one.labels);
    votes.set(name, (votes.get(name) ?? 0) + 1);
  }
  return [...votes].sort((a, b) => b[1] - a[1]).map(([name, n]) => (n > 1 ? `${name} ${n}` : name)).join(" · ");
}

// ---- one text ---------------------------------------------------------------------------------

let drawn = ""; // the text that is shown, as JSON

export function showCase(one, place, number, fresh) {
  $("loading").hidden = true;
  $("case").hidden = $("desk").hidden = !one;
  if (!one) {
    drawn = "";
    return;
  }
  tell($("place"), place < 0 ? say("decide.why.decided") : say("decide.place", { n: place + 1, all: number }));
  const state = JSON.stringify(one);
  if (state === drawn) return;
  drawn = state;
  tellText($("text"), one.text);
  if ($("pair")) tellText($("pair"), one.pair ?? "");
  const reasons = one.decision ? ["decided"] : one.why;
  $("why").replaceChildren(...reasons.map((why) => make("span", { class: "badge" }, say(`decide.why.${why}`))));
  $("opinions").replaceChildren(...one.answers.map(opinion));
  showSuggestion(one);
  if (fresh) {
    $("main").scrollTop = 0;
    tell($("told"), [...reasons.map((why) => say(`decide.why.${why}`)), one.text.slice(0, 500)].join(". "));
  }
}

function opinion(answer) {
  const skipped = answer.action === "skip";
  const empty = skipped || answer.labels.length === 0;
  const labels = skipped ? say("decide.skipped") : named(answer.labels);
  const marks = ["unsure", "discuss"].filter((name) => answer[name]);
  const take = say("decide.take.of", { name: answer.annotator, labels });
  return make("li", { class: "opinion" },
    make("p", { class: "by" }, make("strong", { dir: "auto" }, answer.annotator), answer.at ? ` · ${since(answer.at)}` : ""),
    make("p", { class: `said${empty ? " none" : ""}`, dir: "auto" }, labels),
    marks.length ? make("p", { class: "marks" }, ...marks.map((name) => make("span", { class: "badge" }, say(`decide.${name}`)))) : null,
    skipped ? null : make("button", { type: "button", class: "quiet", "data-take": JSON.stringify(answer.labels), "aria-label": take }, say("decide.take")),
    answer.note ? make("p", { class: "remark", dir: "auto" }, answer.note) : null);
}

function showSuggestion({ suggestion, decision }) {
  const box = $("suggestion");
  box.hidden = !suggestion && !decision;
  if (decision) {
    const words = say("decide.decided", { name: decision.by, labels: named(decision.labels) });
    tell(box, decision.note ? `${words} (${decision.note})` : words);
  } else if (suggestion) {
    const by = suggestion.by === "majority" || suggestion.by === "classifier" ? suggestion.by : "reliability";
    tell(box, say(`decide.suggestion.${by}`, { labels: named(suggestion.labels) }));
  }
}

// The labels: those of a decision that stands, and with several labels those chosen so far.
export function showDraft(one, draft, multi) {
  showChosen(multi ? draft : new Set(one?.decision?.labels ?? []));
  if (multi) tell($("save-words"), say(draft.size ? "decide.save" : "decide.save.none"));
}

// `undoable`: whether a decision of this visit can be taken back.
export function showEmpty(empty, undoable) {
  const appears = empty && $("empty").hidden;
  $("empty").querySelector("[data-do=undo]").hidden = !undoable;
  $("empty").hidden = !empty;
  if (appears) $("empty").focus();
}

export function showNote(open) {
  $("note-box").hidden = !open;
  document.querySelector("[data-do=note]").setAttribute("aria-expanded", open);
  if (open) $("note").focus();
  else if (document.activeElement === $("note")) $("note").blur();
}

// `well`: true when it is kept, false when that failed, null while it is under way.
export function showSaved(words, well = true) {
  $("saved").className = `saved${well === null ? "" : well ? " yes" : " no"}`;
  tell($("saved"), words);
  if (well) tell($("told"), words);
}
