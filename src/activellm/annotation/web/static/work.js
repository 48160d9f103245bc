// What an owner starts: the next round, a training, the report, an export.

import { ask } from "./ask.js";
import * as dialog from "./dialog.js";
import { $, make, say, since, tell } from "./dom.js";

let refresh = () => {};
let overview = null;
let running = null; // the id of the job that runs
let dismissed = null; // the id of the last job whose end was told

// `changed()` is called when a job was started or stopped.
export function start(changed) {
  refresh = changed;
  for (const button of document.querySelectorAll("[data-job]")) {
    button.addEventListener("click", () => begin(button.dataset.job));
  }
  $("export").addEventListener("click", showExport);
  $("job-stop").addEventListener("click", () => send("api/v1/jobs/stop", { id: running }));
}

async function send(path, body) {
  try {
    await ask(path, body);
  } catch (error) {
    dialog.refuse(say("office.work"), error.message);
  }
  refresh();
}

function begin(job) {
  const open = job === "next-round" ? (overview?.round.open ?? 0) : 0;
  const go = () => send("api/v1/jobs", { job });
  if (open && overview.round.number) {
    dialog.confirm(say("office.next-round"), say("office.next.sure", { n: open, open }), say("office.next.go"), go);
  } else go();
}

export function show(reply) {
  overview = reply;
  const job = reply.jobs[0];
  const busy = Boolean(job && !job.ended);
  for (const button of document.querySelectorAll("[data-job]")) button.disabled = busy;
  showTraining(reply.training);
  $("report-line").hidden = !reply.report;
  $("job").hidden = !job;
  if (job) showJob(job, busy);
}

function showTraining(training) {
  const key = training === null ? "never" : training.stale ? "stale" : "fresh";
  tell($("training"), say(`office.trained.${key}`, { when: training ? since(training.at) : "" }));
}

function showJob(job, busy) {
  const stopping = busy && job.state === "stopped";
  const state = stopping ? say("office.stopping") : say(`office.job.${job.state}`);
  running = busy ? job.id : null;
  $("job").dataset.state = stopping ? "running" : job.state;
  tell($("job-name"), say(`office.${job.job}`));
  tell($("job-state"), state);
  const track = $("job-track");
  const going = busy && job.state === "running"; // else it is only being put away
  track.hidden = !going;
  track.classList.toggle("unknown", job.fraction === null);
  const done = Math.round(100 * (job.fraction ?? 0));
  $("job-fill").style.inlineSize = job.fraction === null ? "" : `${done}%`;
  if (job.fraction === null) track.removeAttribute("aria-valuenow");
  else track.setAttribute("aria-valuenow", done);
  track.setAttribute("aria-label", `${say(`office.${job.job}`)} ${job.message}`);
  tell($("job-message"), job.message);
  $("job-stop").hidden = !going;
  const told = `${job.id} ${state}`;
  if (told !== dismissed) {
    dismissed = told;
    tell($("job-told"), `${say(`office.${job.job}`)} ${state}. ${going ? "" : job.message}`);
  }
}

function showExport() {
  const row = (what) =>
    make("div", { class: "export" },
      make("p", {}, make("strong", {}, say(`office.export.${what}`)), make("br"), make("span", { class: "muted" }, say(`office.export.${what}.note`))),
      ...["csv", "jsonl"].map((form) =>
        make("a", { class: "button", href: `api/v1/export?format=${form}&what=${what}`, download: `${what}.${form}` }, say(`office.export.${form}`))));
  dialog.show(say("office.export.title"), [make("p", { class: "muted" }, say("office.export.note")), row("labels"), row("events")]);
}
