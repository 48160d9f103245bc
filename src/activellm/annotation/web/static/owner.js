// The owner's page: asks every two seconds where the project stands, and shows it.

import { ask } from "./ask.js";
import * as charts from "./charts.js";
import { $, count, decimal, make, percent, plainTable, points, say, seconds, tell } from "./dom.js";
import * as people from "./people.js";
import "./look.js";
import { poll } from "./poll.js";
import * as work from "./work.js";

const SHOWN = 6; // pairs and labels in the chart of agreement

const shown = {}; // each part as it was drawn last, as JSON: what did not change is left alone
let reply = null; // the latest overview
let agreement = null; // the latest details of agreement

// Draw a part only if what it shows differs from what is there.
function when(name, data, drawIt) {
  const state = JSON.stringify(data);
  if (shown[name] === state) return;
  shown[name] = state;
  drawIt(data);
}

function take(overview) {
  reply = overview;
  $("loading").hidden = true;
  $("main").removeAttribute("aria-busy");
  for (const tile of document.querySelectorAll(".tile")) tile.hidden = false;
  when("project", overview.project, (name) => {
    tell($("project"), name);
    document.title = `${name} · ${say("office.title")} · ActiveLLM`;
  });
  $("to-decide").hidden = !overview.disagreements;
  tell($("to-decide"), count(overview.disagreements));
  showProgress(overview);
  work.show(overview);
  people.show(overview.people);
  when("curve", [overview.curve, chartWidth("curve-chart")], ([curve]) => showCurve(curve));
  when("forecast", [overview.forecast, overview.curve.length], ([gain]) => showForecast(gain));
  when("advice", overview.advice, showAdvice);
  when("classes", [overview.classes, overview.task.labels], () => showClasses(overview));
  when("care", [overview.disagreements, overview.second_look, overview.anchoring, overview.reveal], () => showCare(overview));
  when("agreement", [overview.agreement, overview.round.overlap], fetchAgreement);
}

function chartWidth(id) {
  return $(id).clientWidth;
}

// ---- progress ---------------------------------------------------------------------------------

function showProgress({ round, task, texts, people: all, disagreements }) {
  const key = round.number === 0 ? "office.round.none" : round.of > 1 ? "office.round.of" : "office.round";
  tell($("progress-title"), say(key, { number: round.number, of: round.of }));
  tell($("question"), task.description);
  const share = round.wanted ? round.labels / round.wanted : 0;
  $("fill").style.inlineSize = `${100 * share}%`;
  $("track").setAttribute("aria-valuemax", round.wanted || 1);
  $("track").setAttribute("aria-valuenow", round.labels);
  const here = all.filter((one) => one.online).length;
  const facts = [
    [count(round.answered), say("office.answered")],
    [count(round.open), say("office.open")],
    round.overlap > 1 ? [count(round.labels), say("office.given", { wanted: count(round.wanted) })] : null,
    disagreements ? [count(disagreements), say("office.decisions")] : null,
    [count(here), say("office.online", { n: here })],
    [count(texts), say("office.pool")],
  ].filter(Boolean);
  when("facts", facts, () => $("numbers").replaceChildren(
    ...facts.map(([number, what]) => make("div", {}, make("dt", {}, what), make("dd", {}, number)))));
  tell($("state"), stateOf(round, all));
}

function stateOf(round, all) {
  const annotators = all.filter((one) => one.role === "annotator" && !one.revoked);
  if (!round.number) return say("office.state.empty");
  if (!round.open) return say(round.number < round.of ? "office.state.over" : "office.state.finished");
  if (!annotators.length && !all.some((one) => one.labelled)) return say("office.state.nobody");
  if (!all.some((one) => one.labelled || one.skipped)) return say("office.state.waiting");
  const speeds = annotators.filter((one) => one.online && one.per_hour).map((one) => one.per_hour);
  if (!speeds.length) return "";
  const speed = speeds.reduce((sum, one) => sum + one, 0);
  return say("office.state.left", { time: seconds(Math.max(60, (3600 * (round.wanted - round.labels)) / speed)) });
}

// ---- learning curve ---------------------------------------------------------------------------

function showCurve(curve) {
  const kinds = new Set(curve.map((one) => one.texts));
  const where = say(kinds.size === 1 ? `office.on.${[...kinds][0]}` : "office.on.several");
  tell($("curve-note"), say(curve.length ? "office.curve.note" : "office.curve.none", { where }));
  $("curve-table").hidden = !curve.length;
  if (!curve.length) return $("curve-chart").replaceChildren();
  const told = curve.map((one) => say("office.point", { value: percent(one.accuracy), labels: count(one.labels) }));
  const label = say("office.curve.alt", { points: told.join(", ") });
  $("curve-chart").replaceChildren(charts.curve(curve, Math.max(280, chartWidth("curve-chart")), label));
  const rows = curve.map((one) => [
    count(one.round), count(one.labels), percent(one.accuracy), `${percent(one.low)} – ${percent(one.high)}`, decimal(one.macro_f1)]);
  const heads = [say("office.round.word"), [say("office.labels")], [say("office.accuracy")], [say("office.interval")], [say("office.macro-f1")]];
  return put("curve-table", plainTable(say("office.curve"), heads, rows));
}

function showForecast(gain) {
  if (!gain) return $("forecast").replaceChildren(make("p", { class: "muted" }, say("office.gain.none")));
  const { level, low, high } = gain;
  return $("forecast").replaceChildren(
    make("p", { class: "muted" }, say("office.gain", { labels: count(gain.labels) })),
    make("p", { class: "figure" }, say("office.gain.value", { gain: points(gain.gain, true) })),
    make("p", { class: "muted" }, say("office.gain.interval", { level: count(100 * level), low: points(low, true), high: points(high, true) })));
}

function showAdvice(advice) {
  if (!advice.length) return $("advice").replaceChildren();
  return $("advice").replaceChildren(
    make("h3", {}, say("office.advice")),
    make("ul", { class: "advice" }, ...advice.map((one) => {
      const badge = make("span", { class: `badge says-${one.says.replace(" ", "-")}` }, say(`office.says.${one.says}`));
      return make("li", {}, make("details", {}, make("summary", {}, badge, make("span", {}, one.criterion)), make("p", { class: "muted" }, one.text)));
    })));
}

// ---- labels -----------------------------------------------------------------------------------

function showClasses({ classes, task }) {
  const retired = new Set(task.labels.filter((one) => one.retired).map((one) => one.name));
  const rows = classes.map((one) => ({ ...one, retired: retired.has(one.label) }));
  $("classes-chart").replaceChildren(charts.bars(rows, { retired: say("office.retired") }));
  const names = [...new Set(classes.flatMap((one) => Object.keys(one.by)))].sort();
  const heads = [say("office.class"), [say("office.texts")], ...names.map((name) => [name])];
  const lines = classes.map((one) => [one.label, count(one.count), ...names.map((name) => count(one.by[name] ?? 0))]);
  $("classes-table").hidden = !names.length;
  put("classes-table", plainTable(say("office.classes.by"), heads, lines));
}

// ---- agreement --------------------------------------------------------------------------------

// The details are fetched only when the short form has changed.
async function fetchAgreement() {
  const known = reply.agreement;
  try {
    agreement = known ? await ask("api/v1/agreement") : null;
  } catch {
    delete shown.agreement; // with the next overview
    return;
  }
  showAgreement();
}

function showAgreement() {
  const { agreement: brief, round } = reply;
  tell($("agreement-note"), say("office.agreement.note"));
  $("agreement-table").hidden = !agreement;
  if (!brief || !agreement) {
    $("agreement-pairs").replaceChildren();
    $("agreement-main").replaceChildren(make("p", { class: "muted" }, say(round.overlap > 1 ? "office.agreement.none" : "office.agreement.alone")));
    return;
  }
  const { alpha, pairs, classes, texts } = agreement;
  $("agreement-main").replaceChildren(alphaFigure(alpha, texts));
  $("agreement-pairs").replaceChildren(
    ...lowest("office.pairs", pairs.map((one) => ({ ...one, name: say("office.pair", one), value: one.kappa }))),
    ...lowest("office.by-class", classes.map((one) => ({ ...one, name: one.label, value: one.alpha }))));
  put("agreement-table",
    plainTable(say("office.pairs"), [say("office.name"), [say("office.kappa")], [say("office.interval")], [say("office.texts")]],
      pairs.map((one) => [say("office.pair", one), number(one.kappa), range(one), count(one.texts)])),
    plainTable(say("office.by-class"), [say("office.class"), [say("office.kappa")], [say("office.interval")]],
      classes.map((one) => [one.label, number(one.alpha), range(one)])));
}

// A heading and a chart of the lowest values; all of them are in the table.
function lowest(title, all) {
  const rows = [...all].sort((a, b) => (a.value ?? 2) - (b.value ?? 2)).slice(0, SHOWN);
  const words = all.length > SHOWN ? say("office.lowest", { what: say(title), all: count(all.length) }) : say(title);
  return [make("h3", {}, words), charts.intervals(rows, floorOf(rows))];
}

// Scales begin at 0, or below it where a value does.
function floorOf(rows) {
  const least = Math.min(0, ...rows.map((row) => row.low ?? row.value ?? 0));
  return Math.max(-1, Math.floor(least * 5) / 5);
}

function alphaFigure(alpha, texts) {
  if (alpha.value === null) return make("p", { class: "muted" }, alpha.why ?? say("office.undefined"));
  // Krippendorff's own customs: rely on 0.8 and above, tentative conclusions from 0.667 on.
  const grade = alpha.value >= 0.8 ? "high" : alpha.value >= 0.667 ? "middle" : "low";
  return make("div", { class: "alpha" },
    make("p", { class: "figure" }, "α ", decimal(alpha.value)),
    make("p", {}, make("span", { class: `badge alpha-${grade}` }, say(`office.alpha.${grade}`)), " ", make("span", { class: "muted" }, range(alpha))),
    make("p", { class: "muted" }, say("office.alpha.of", { n: count(texts) })));
}

const number = (value) => (value === null ? say("office.undefined") : decimal(value));
const range = ({ low, high }) => (typeof low === "number" ? `${decimal(low)} – ${decimal(high)}` : "–");

// ---- what deserves a look ---------------------------------------------------------------------

function showCare({ disagreements, second_look, anchoring, reveal }) {
  const parts = [];
  if (disagreements) {
    parts.push(make("p", {}, say("office.care.decide", { n: disagreements })));
    if (second_look) parts.push(make("p", { class: "muted" }, say("office.care.second", { n: second_look })));
    parts.push(make("p", {}, make("a", { class: "button", href: "disagreements" }, say("office.care.open"))));
  } else parts.push(make("p", { class: "muted" }, say("office.care.decide.none")));
  parts.push(make("h3", {}, say("office.anchoring")), ...anchoringParts(anchoring, reveal));
  $("care").replaceChildren(...parts);
}

function anchoringParts(found, reveal) {
  if (!found) return [make("p", { class: "muted" }, say(reveal === "never" ? "office.anchoring.never" : "office.anchoring.few"))];
  const rows = ["unseen", "before", "after"].filter((moment) => found[moment]).map((moment) => {
    const { n, share, low, high } = found[moment];
    return { name: `${say(`office.moment.${moment}`)} (${count(n)})`, value: share, low, high };
  });
  const words = found.few
    ? say("office.anchoring.few")
    : say("office.anchoring.difference", { points: points(found.difference, true), low: points(found.low, true), high: points(found.high, true) });
  return [make("p", { class: "muted" }, say("office.anchoring.same")), charts.intervals(rows, 0, percent), make("p", {}, words)];
}

function put(id, ...tables) {
  $(id).querySelector(".across").replaceChildren(...tables);
}

const look = poll(() => "api/v1/overview", take);
work.start(look);
people.start(look);
addEventListener("resize", () => reply && when("curve", [reply.curve, chartWidth("curve-chart")], ([curve]) => showCurve(curve)));
