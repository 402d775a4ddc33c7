// What a value says when it is pointed at or reached by keys; a screen reader has the same words as its name.

import { h } from "./dom.js";

const node = h("div", { class: "tip", "aria-hidden": "true" });
node.hidden = true;
document.body.append(node);

let owner = null;

function show(target, text) {
  owner = target;
  node.textContent = text;
  node.hidden = false;
  const place = target.getBoundingClientRect(), own = node.getBoundingClientRect();
  const left = Math.max(8, Math.min(innerWidth - own.width - 8, place.left + place.width / 2 - own.width / 2));
  const above = place.top - own.height - 8;
  node.style.left = `${left}px`;
  node.style.top = `${above > 8 ? above : place.bottom + 8}px`;
}

export function hideTip() {
  node.hidden = true;
}

export function tip(target, text) {
  target.addEventListener("pointerenter", () => show(target, text));
  target.addEventListener("focus", () => show(target, text));
  target.addEventListener("pointerleave", hideTip);
  target.addEventListener("blur", hideTip);
}

// what has the focus may have been scrolled into view by it
addEventListener("scroll", () => {
  if (node.hidden) return;
  if (owner === document.activeElement) show(owner, node.textContent);
  else hideTip();
}, { passive: true, capture: true });
