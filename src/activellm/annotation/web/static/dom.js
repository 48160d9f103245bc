// Small helpers of the pages. Texts from outside are only ever set as text, never as HTML.

export const $ = (id) => document.getElementById(id);

const table = JSON.parse($("words").textContent);
export const language = document.documentElement.lang;

// The words of a key, with what stands in braces put in: say("office.round", {number: 3}).
export function say(key, values = {}) {
  const words = values.n === 1 ? (table[`${key}.one`] ?? table[key]) : table[key];
  return (words ?? key).replace(/\{([\w-]+)\}/g, (all, name) => values[name] ?? all);
}

export function has(key) {
  return key in table;
}

// An element with properties and children; a string becomes text.
export function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") made.className = value;
    else if (name === "on") made.addEventListener("click", value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// Set a text only if it is another one, so that screen readers and selections are left alone.
export function tell(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

// A text in a size that suits its length.
export function tellText(box, text) {
  tell(box, text);
  box.dataset.size = text.length < 280 ? "short" : text.length < 1200 ? "middle" : "long";
}

// Play a CSS animation from its beginning.
export function restart(box, className) {
  box.classList.remove(className);
  void box.offsetWidth;
  box.classList.add(className);
}

// Fill a table's body or a list, keeping what is there: `update(element, row)` for each row, which
// `create(row)` made when its key came first.
export function fill(parent, rows, keyOf, create, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = null;
  for (const row of rows) {
    const key = String(keyOf(row));
    let element = old.get(key);
    old.delete(key);
    if (!element) {
      element = create(row);
      element.dataset.key = key;
    }
    update(element, row);
    const following = place ? place.nextSibling : parent.firstChild;
    if (element !== following) parent.insertBefore(element, following);
    place = element;
  }
  for (const gone of old.values()) gone.remove();
}

// A plain table: heads are strings, or [string, true] for columns of numbers.
export function plainTable(caption, heads, rows) {
  const numeric = heads.map((head) => Array.isArray(head));
  const line = (cells, tag) =>
    make("tr", {}, ...cells.map((cell, column) => {
      const head = tag === "th" || column === 0;
      const scope = tag === "th" ? "col" : "row";
      return make(head ? "th" : "td", { class: numeric[column] ? "n" : null, scope: head ? scope : null, dir: head ? "auto" : null }, cell);
    }));
  return make("table", {},
    make("caption", { class: "sr" }, caption),
    make("thead", {}, line(heads.map((head) => (Array.isArray(head) ? head[0] : head)), "th")),
    make("tbody", {}, ...rows.map((row) => line(row, "td"))));
}

// ---- numbers and times -------------------------------------------------------------------------

const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const hundredths = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const tenths = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

export const count = (number) => whole.format(number);
export const decimal = (number) => hundredths.format(number).replace("-", "−");
export const points = (share, signed = false) => {
  const number = tenths.format(100 * share);
  return signed && share > 0 ? `+${number}` : number.replace("-", "−");
};
export const percent = (share) => `${whole.format(100 * share)}\u00a0%`;

export function seconds(number) {
  if (number < 9.5) return `${tenths.format(number)}\u00a0s`;
  if (number < 90) return `${whole.format(number)}\u00a0s`;
  if (number < 5400) return `${whole.format(number / 60)}\u00a0min`;
  return `${tenths.format(number / 3600)}\u00a0h`;
}

export function since(moment) {
  const passed = (Date.parse(moment) - Date.now()) / 1000;
  const steps = [[60, 1, "second"], [3600, 60, "minute"], [86400, 3600, "hour"], [Infinity, 86400, "day"]];
  const [, unit, name] = steps.find(([below]) => -passed < below);
  return ago.format(Math.min(0, Math.round(passed / unit)), name);
}
