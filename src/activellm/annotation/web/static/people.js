// The people of the project: what they have done, and who may come in.

import { ask } from "./ask.js";
import * as dialog from "./dialog.js";
import { $, count, fill, make, percent, say, seconds, since, tell } from "./dom.js";

let shown = []; // the rows as they were told last
let refresh = () => {};

// `changed()` is called when somebody was invited or let out.
export function start(changed) {
  refresh = changed;
  $("invite").addEventListener("submit", (event) => {
    event.preventDefault();
    const name = $("invite-name").value.trim();
    if (name) invite(name, $("invite-role").value).then((done) => done && $("invite").reset());
  });
  $("invite-role").addEventListener("change", noteRole);
  $("invite").addEventListener("reset", () => setTimeout(noteRole));
  noteRole();
}

function noteRole() {
  tell($("role-note"), say(`office.role.${$("invite-role").value}.note`));
}

export function show(people) {
  shown = people;
  const here = people.filter((one) => one.online).length;
  const all = people.filter((one) => one.role && !one.revoked).length;
  tell($("people-note"), people.length ? say("office.people.note", { n: count(here), all: count(all) }) : say("office.people.none"));
  for (const name of ["consistency", "checks"]) {
    $("people-table").classList.toggle(`no-${name}`, !people.some((one) => one[name]));
  }
  $("people-table").hidden = people.length === 0;
  fill($("people-table").tBodies[0], people, (one) => one.name, create, update);
}

function create(person) {
  const cell = (name, className = "n") =>
    make("td", { class: `${className} ${name}`, "data-what": say(`office.${name}`) });
  const cells = ["labelled", "skipped", "unsure", "speed", "consistency", "checks"].map((name) => cell(name));
  return make("tr", {},
    make("th", { scope: "row" },
      make("span", { class: "dot-here", "aria-hidden": "true" }),
      make("span", { class: "who", dir: "auto" }, person.name),
      make("span", { class: "role" })),
    ...cells, cell("seen", "t"), actions(person.name));
}

function actions(name) {
  const link = make("button", { type: "button", class: "quiet small link", "aria-label": say("office.link.new.for", { name }), on: () => newLink(name) }, say("office.link.new"));
  const out = make("button", { type: "button", class: "quiet small revoke", "aria-label": say("office.revoke.for", { name }), on: () => revoke(name) }, say("office.revoke"));
  return make("td", { class: "do" }, link, out);
}

function update(line, person) {
  const part = (name) => line.querySelector(`.${name}`);
  line.classList.toggle("here", person.online);
  line.classList.toggle("gone", person.revoked);
  tell(part("role"), say(person.revoked ? "office.revoked" : `office.role.${person.role}`));
  for (const name of ["labelled", "skipped", "unsure"]) tell(part(name), count(person[name]));
  tell(part("speed"), person.median_seconds === null ? "–" :
    say("office.speed.value", { seconds: seconds(person.median_seconds), hour: count(person.per_hour) }));
  for (const name of ["consistency", "checks"]) tell(part(name), share(person[name]));
  for (const cell of line.querySelectorAll("td.n")) cell.classList.toggle("none", /^[0–]$/.test(cell.textContent));
  tell(part("seen"), person.online ? say("office.seen.now") : person.last_seen ? since(person.last_seen) : say("office.seen.never"));
  part("do").hidden = !person.role;
  part("revoke").hidden = person.revoked || person.role === "owner";
  tell(part("link"), say(person.revoked ? "office.back" : "office.link.new"));
}

function share(found) {
  return found ? say("office.share.of", { share: percent(found.share), n: count(found.n) }) : "–";
}

// ---- who may come in --------------------------------------------------------------------------

// Send something, then look again. Tells whether it went well.
async function send(path, body, title, then) {
  try {
    then(await ask(path, body));
    refresh();
    return true;
  } catch (error) {
    dialog.refuse(title, error.message);
    return false;
  }
}

function invite(name, role) {
  const known = shown.find((one) => one.name === name && one.role);
  if (known && !known.revoked) {
    newLink(name);
    return Promise.resolve(true);
  }
  return send("api/v1/people", { name, role }, say("office.invite"), (reply) => showLink(name, reply.link));
}

function newLink(name) {
  const person = shown.find((one) => one.name === name);
  const go = () => send("api/v1/people/link", { name }, say("office.link.new"), (reply) => showLink(name, reply.link));
  if (person?.revoked) go();
  else dialog.confirm(say("office.link.new.for", { name }), say("office.link.sure"), say("office.link.go"), go);
}

function revoke(name) {
  dialog.confirm(say("office.revoke.for", { name }), say("office.revoke.sure", { name }), say("office.revoke.go"),
    () => send("api/v1/people/revoke", { name }, say("office.revoke"), () => {}));
}

function showLink(name, link) {
  const field = make("input", { class: "link-field", readOnly: true, value: link, "aria-label": say("office.link.title", { name }) });
  field.addEventListener("focus", () => field.select());
  const copy = make("button", { type: "button", on: async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(link);
      tell(copy, say("office.copied"));
    } catch {
      // Without leave, or over plain http, the text is selected: Ctrl-C copies it.
    }
  } }, say("office.copy"));
  dialog.show(say("office.link.title", { name }), [
    make("div", { class: "link-line" }, field, copy),
    make("p", { class: "muted" }, say("office.link.note", { name })),
  ]);
}
