// The panels at the side: beside the text on a wide screen, over it on a narrow one.

const narrow = matchMedia("(max-width: 1099px)");

function openPanel() {
  return document.querySelector(".panel:not([hidden])");
}

function buttonOf(panel) {
  return document.querySelector(`nav [data-do=${panel.id}]`);
}

export function isOpen(name) {
  return openPanel()?.id === name;
}

// Whether the text is hidden behind a panel, so that nobody should answer now.
export function covered() {
  return narrow.matches && openPanel() !== null;
}

export function show(name) {
  close();
  const panel = document.getElementById(name);
  panel.hidden = false;
  buttonOf(panel).setAttribute("aria-expanded", "true");
  panel.focus();
}

// Close whatever is open. Tells whether something was.
export function close() {
  const panel = openPanel();
  if (!panel) return false;
  const inside = panel.contains(document.activeElement);
  panel.hidden = true;
  buttonOf(panel).setAttribute("aria-expanded", "false");
  if (inside) buttonOf(panel).focus();
  return true;
}
