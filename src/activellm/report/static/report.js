"use strict";
// The page is whole without this script; it adds the filter of the table and the map's texts.
(() => {
  const by = (id) => document.getElementById(id);

  function filterPicks() {
    const form = by("pick-filter"), table = by("pick-table");
    if (!form || !table) return;
    const rows = [...table.tBodies[0].rows].map((row) => ({
      row, words: row.textContent.toLowerCase(), labels: row.dataset.label.split(" "),
    }));
    const checked = (id) => Boolean(by(id) && by(id).checked);
    const value = (id) => (by(id) ? by(id).value : "");
    function update() {
      const words = value("pick-words").trim().toLowerCase();
      let shown = 0;
      for (const { row, words: text, labels } of rows) {
        const fits = text.includes(words)
          && (!value("pick-label") || labels.includes(value("pick-label")))
          && (!value("pick-round") || row.dataset.round === value("pick-round"))
          && (!checked("pick-doubt") || row.dataset.doubt === "1")
          && (!checked("pick-disagree") || row.dataset.disagree === "1");
        row.hidden = !fits;
        shown += fits;
      }
      by("pick-count").textContent = `${shown} of ${rows.length}`;
    }
    form.addEventListener("input", update);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    update();
  }

  function openMap() {
    const data = by("map-data"), frame = by("map-frame"), tip = by("map-tip");
    if (!data || !frame) return;
    const points = JSON.parse(data.textContent);
    const svg = frame.querySelector("svg"), here = svg.querySelector(".here");
    const marked = points.map((_, i) => i).filter((i) => points[i][3] === "picked")
      .sort((a, b) => points[a][0] - points[b][0]);
    let step = -1;

    function line(tag, text) {
      const element = document.createElement(tag);
      element.textContent = text;
      element.dir = "auto";
      return element;
    }
    function hide() {
      tip.hidden = true;
      here.setAttribute("visibility", "hidden");
    }
    function show(index) {
      const [x, y, text, state, label] = points[index];
      tip.replaceChildren(line("b", label ? `${state}: ${label}` : state), line("p", text));
      tip.hidden = false;
      here.setAttribute("cx", x);
      here.setAttribute("cy", y);
      here.setAttribute("visibility", "visible");
      const box = svg.getBoundingClientRect();
      const unit = box.width / 100;
      const left = Math.min(Math.max(x * unit - tip.offsetWidth / 2, 0), box.width - tip.offsetWidth);
      const at = (y - svg.viewBox.baseVal.y) * unit;
      const above = at - tip.offsetHeight - 16;
      tip.style.left = `${left}px`;
      tip.style.top = `${above < 0 ? at + 16 : above}px`;
    }
    function nearest(event) {
      const box = svg.getBoundingClientRect();
      const unit = box.width / 100;
      const x = (event.clientX - box.left) / unit;
      const y = (event.clientY - box.top) / unit + svg.viewBox.baseVal.y;
      let best = -1, least = 9;
      points.forEach((point, i) => {
        const distance = (point[0] - x) ** 2 + (point[1] - y) ** 2
          - (point[3] === "picked" ? 1.5 : 0);
        if (distance < least) [best, least] = [i, distance];
      });
      return best;
    }
    function point(event) {
      const index = nearest(event);
      if (index < 0) hide(); else show(index);
    }
    frame.addEventListener("pointermove", point);
    frame.addEventListener("pointerdown", point);
    frame.addEventListener("pointerleave", hide);
    frame.addEventListener("blur", hide);
    frame.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") hide();
      if (!move || !marked.length) return;
      event.preventDefault();
      step = step < 0 && move < 0 ? marked.length - 1 : (step + move + marked.length) % marked.length;
      show(marked[step]);
    });
    searchMap(points, show, hide);
  }

  function searchMap(points, show, hide) {
    const field = by("map-words"), list = by("map-list"), most = 30;
    const order = { picked: 0, "hold-out": 1, candidate: 2, pool: 3 };
    const rows = points.map((point, i) => [i, ...point]).sort((a, b) => order[a[4]] - order[b[4]]);
    function update() {
      const words = field.value.trim().toLowerCase();
      const found = rows.filter((row) => row[3].toLowerCase().includes(words)
        || row[5].toLowerCase().includes(words));
      list.replaceChildren(...found.slice(0, most).map((row) => {
        const item = document.createElement("li"), button = document.createElement("button");
        button.type = "button";
        button.dir = "auto";
        button.textContent = row[3].slice(0, 90);
        button.addEventListener("focus", () => show(row[0]));
        button.addEventListener("click", () => show(row[0]));
        button.addEventListener("pointerenter", () => show(row[0]));
        button.addEventListener("blur", hide);
        item.append(button);
        return item;
      }));
      by("map-found").textContent = found.length > most
        ? `${found.length} texts, the first ${most}:` : `${found.length} texts`;
    }
    field.addEventListener("input", update);
    by("map-search").hidden = false;
    update();
  }

  function openForPrint() {
    addEventListener("beforeprint", () => {
      document.querySelectorAll("#repeat details, #question details").forEach((one) => { one.open = true; });
    });
  }

  filterPicks();
  openMap();
  openForPrint();
})();
