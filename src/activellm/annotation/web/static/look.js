// The menu of the owner's and the adjudicators' pages: language and colours.

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

document.addEventListener("click", (event) => {
  if (!$("menu").contains(event.target)) $("menu").open = false;
});
$("menu").addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  $("menu").open = false;
  $("menu").firstElementChild.focus();
});

// A cookie for all pages, so that the server knows it before a page is drawn.
function remember(name, value) {
  const path = new URL(".", location.href).pathname;
  document.cookie = `${name}=${value}; max-age=${YEAR}; samesite=strict; path=${path}`;
}
