// The dashboard's charts, drawn as SVG. Beside each stands a table with the same numbers.

import { count, decimal, make, percent, say } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";

function draw(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function frame(width, height, label) {
  return draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
}

// Round steps for an axis from `low` to `high`: about `most` of them.
export function steps(low, high, most) {
  const raw = (high - low) / most;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((one) => one >= raw * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const found = [];
  for (let at = first; at * step <= high + 1e-9; at += 1) found.push(Number((at * step).toPrecision(12)));
  return found;
}

// Accuracy by labels, with the band of its interval; what the next round may bring is dashed.
export function curve(data, width, label) {
  const height = Math.round(Math.min(300, Math.max(200, width * 0.42)));
  const [left, right, top, bottom] = [46, 18, 12, 38];
  const lows = data.map((one) => one.low);
  const floor = Math.max(0, Math.floor(Math.min(...lows) * 10 - 0.3) / 10);
  const ceiling = Math.min(1, Math.ceil(Math.max(...data.map((one) => one.high)) * 10 + 0.01) / 10);
  const last = data.at(-1).labels;
  const end = data.length > 1 ? last : last * 1.5;
  const start = data.length > 1 ? data[0].labels : 0;
  const pad = (end - start) * 0.03;
  const x = (labels) => left + ((labels - start + pad) / (end - start + 2 * pad || 1)) * (width - left - right);
  const y = (share) => top + ((ceiling - share) / (ceiling - floor || 1)) * (height - top - bottom);
  const svg = frame(width, height, label);
  for (const at of steps(floor, ceiling, 4)) {
    svg.append(
      draw("line", { class: "grid", x1: left, x2: width - right, y1: y(at), y2: y(at) }),
      text(percent(at), left - 8, y(at) + 4, "end"),
    );
  }
  for (const at of steps(start, end, Math.max(2, Math.floor(width / 90)))) {
    svg.append(text(count(at), x(at), height - bottom + 18, "middle"));
  }
  svg.append(text(say("office.labels"), width - right, height - 4, "end"));
  const place = (one, name) => `${x(one.labels).toFixed(1)},${y(one[name]).toFixed(1)}`;
  const band = [...data.map((one) => place(one, "high")), ...data.map((one) => place(one, "low")).reverse()];
  if (data.length > 1) svg.append(draw("polygon", { class: "band", points: band.join(" ") }));
  svg.append(draw("polyline", { class: "line", points: data.map((one) => place(one, "accuracy")).join(" ") }));
  for (const one of data) {
    if (data.length === 1) {
      svg.append(draw("line", { class: "whisker", x1: x(one.labels), x2: x(one.labels), y1: y(one.low), y2: y(one.high) }));
    }
    const dot = draw("circle", { class: "dot", cx: x(one.labels), cy: y(one.accuracy), r: 4.5 });
    dot.append(draw("title", {}));
    dot.firstChild.textContent = `${say("office.point", { value: percent(one.accuracy), labels: count(one.labels) })} (${percent(one.low)} – ${percent(one.high)})`;
    svg.append(dot);
  }
  const final = data.at(-1);
  const value = text(percent(final.accuracy), Math.min(x(final.labels), width - right - 4), y(final.accuracy) - 12, "end");
  value.setAttribute("class", "value");
  svg.append(value);
  return svg;
}

function text(words, x, y, anchor) {
  const made = draw("text", { x, y, "text-anchor": anchor });
  made.textContent = words;
  return made;
}

// Values with intervals on one scale, one line each: [{name, value, low, high, note}].
export function intervals(rows, floor, form = decimal) {
  const list = make("ul", { class: "intervals" });
  const at = (value) => `${(100 * (Math.min(1, Math.max(floor, value)) - floor)) / (1 - floor)}%`;
  for (const row of rows) {
    const scale = make("span", { class: "scale", "aria-hidden": "true" });
    if (floor < 0) scale.append(mark("zero", at(0)));
    if (row.value !== null) {
      if (row.low !== null && row.low !== undefined) {
        const bar = mark("range", at(row.low));
        bar.style.insetInlineEnd = `calc(100% - ${at(row.high)})`;
        scale.append(bar);
      }
      scale.append(mark("point", at(row.value)));
    }
    const value = row.value === null ? say("office.undefined") : form(row.value);
    const range = row.value !== null && typeof row.low === "number" ? ` (${form(row.low)} – ${form(row.high)})` : "";
    list.append(make("li", { title: row.note ?? "" },
      make("span", { class: "what", dir: "auto" }, row.name),
      scale,
      make("span", { class: "n" }, make("strong", {}, value), range)));
  }
  return list;
}

function mark(className, start) {
  const made = make("span", { class: className });
  made.style.insetInlineStart = start;
  return made;
}

// One bar a class: [{label, count, retired}].
export function bars(rows, words) {
  const most = Math.max(1, ...rows.map((row) => row.count));
  const all = rows.reduce((sum, row) => sum + row.count, 0);
  const list = make("ul", { class: rows.length > 8 ? "bar-list many" : "bar-list" });
  for (const row of rows) {
    const bar = make("span", { class: "bar-fill" });
    bar.style.inlineSize = `${(100 * row.count) / most}%`;
    const share = all ? ` · ${percent(row.count / all)}` : "";
    list.append(make("li", { class: row.retired ? "retired" : null },
      make("span", { class: "what", dir: "auto" }, row.label,
        row.retired ? make("span", { class: "muted" }, ` (${words.retired})`) : null),
      make("span", { class: "n" }, `${count(row.count)}${share}`),
      make("span", { class: "bar-track", "aria-hidden": "true" }, bar)));
  }
  return list;
}
