// The menu of the owner's and the adjudicators' pages: language and colours.

import { $ } from "./dom.js";
import "./switches.js";

document.addEventListener("click", (event) => {
  if (!$("menu").contains(event.target)) $("menu").open = false;
});
$("menu").addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  $("menu").open = false;
  $("menu").firstElementChild.focus();
});
