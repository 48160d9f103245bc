// The switches that every page has: language and colours, kept in cookies, so that the server knows
// them before a page is drawn.

import { $ } from "./dom.js";

const YEAR = 365 * 24 * 3600; // seconds

$("language").addEventListener("change", () => {
  remember("lang", $("language").value);
  location.reload();
});
$("colours").addEventListener("change", () => {
  remember("theme", $("colours").value);
  document.documentElement.dataset.theme = $("colours").value;
});

function remember(name, value) {
  const path = new URL(".", location.href).pathname;
  document.cookie = `${name}=${value}; max-age=${YEAR}; samesite=strict; path=${path}`;
}
