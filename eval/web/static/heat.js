// A cross-play matrix as a table: a row an agent, a column a partner, every cell a link to its episodes.

import { breakable, h, hidden, interval, number, percent, whole } from "./dom.js";
import { changed, link } from "./state.js";

export const SHOWN = {
  score: { title: "Score", of: (cell) => cell.mean, text: (v) => number(v) },
  width: { title: "Width of the interval", of: (cell) => (cell.low === null ? null : cell.high - cell.low), text: (v) => number(v) },
  episodes: { title: "Episodes", of: (cell) => cell.n, text: whole },
  degraded: { title: "Degraded decisions", of: (cell) => cell.degraded, text: percent },
  repaired: { title: "Decisions asked again", of: (cell) => cell.repaired, text: percent },
  truncated: { title: "Decisions cut off", of: (cell) => cell.truncated, text: percent },
  steps: { title: "Steps", of: (cell) => cell.steps, text: (v) => number(v, 1) },
  calls: { title: "Calls of models", of: (cell) => cell.calls, text: (v) => number(v, 1) },
  tokens: { title: "Tokens", of: (cell) => cell.tokens, text: whole },
  seconds: { title: "Seconds", of: (cell) => cell.seconds, text: (v) => number(v, 3) },
};

const LEVELS = 7;

// the darkest is the best score, and the most of anything else
function shades(values, reversed) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return (value) => {
    if (value === null || low === high) return 0;
    const share = (value - low) / (high - low);
    return Math.min(LEVELS - 1, Math.floor((reversed ? 1 - share : share) * LEVELS));
  };
}

export function shader(cells, shown, task) {
  return shades(cells.map(shown.of), shown === SHOWN.score && task.better === "lower");
}

// what a cell says when it is pointed at, or read out
export function inWords(cell, task) {
  const parts = [`${cell.agent} with ${cell.partner}: ${interval(cell)} ${task.unit}`, `${whole(cell.n)} episodes`];
  if (cell.degraded || cell.repaired || cell.truncated) {
    parts.push(`${percent(cell.degraded)} of decisions degraded, ${percent(cell.repaired)} asked again, ${percent(cell.truncated)} cut off`);
  }
  if (cell.tokens) parts.push(`${whole(cell.tokens)} tokens an episode`);
  parts.push(`${number(cell.steps, 1)} steps, ${number(cell.seconds, 3)} s an episode`);
  return parts.join("; ");
}

export function heatMap(task, agents, partners, shown, shade, state, tip) {
  const cells = new Map(task.cells.map((cell) => [`${cell.agent}\n${cell.partner}`, cell]));
  const lacking = new Map(task.missing.map((gap) => [`${gap.agent}\n${gap.partner}`, gap]));
  const head = h("tr", {}, h("th", { scope: "col", class: "corner" }, "agent ↓ partner →"), partners.map((name) => h("th", { scope: "col" }, breakable(name))));
  const rows = agents.map((agent) => h("tr", {}, h("th", { scope: "row" }, breakable(agent)), partners.map((partner) => {
    const found = cells.get(`${agent}\n${partner}`), gap = lacking.get(`${agent}\n${partner}`);
    return found ? full(found, gap) : h("td", { class: "empty" }, h("span", { "aria-hidden": "true" }, "–"), hidden("not played"));
  })));
  function full(cell, gap) {
    const value = shown.of(cell), to = changed(state, { task: task.name, agent: cell.agent, partner: cell.partner });
    const words = inWords(cell, task) + (gap ? `; ${gap.of - gap.have} episodes are missing` : "");
    const made = h("a", { href: link(to), class: "heat", tabindex: -1, "data-cell": true, "aria-label": words },
      value === null ? "?" : shown.text(value), cell.marked ? h("span", { class: "mark" }, "\u2020") : null, gap ? h("span", { class: "mark" }, "\u2026") : null);
    tip(made, words);
    return h("td", { class: `q${shade(value)}` }, made);
  }
  const title = `${task.name}: ${shown.title.toLowerCase()}${shown === SHOWN.score ? ` in ${task.unit}, ${task.better} is better` : ""}`;
  return h("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": title },
    h("table", { class: "matrix" }, h("caption", {}, title), h("thead", {}, head), h("tbody", {}, rows)));
}

// one cell of a map can be reached by tab, the others by arrow keys from there
export function roving(container) {
  const links = [...container.querySelectorAll("[data-cell]")];
  if (!links.length) return;
  links[0].tabIndex = 0;
  container.addEventListener("focusin", (event) => {
    if (!event.target.dataset.cell && event.target.dataset.cell !== "") return;
    links.forEach((one) => { one.tabIndex = one === event.target ? 0 : -1; });
  });
  container.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const cell = event.target.closest("td");
    if (!to || !cell || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const row = cell.parentElement, rows = [...container.querySelectorAll("tbody tr")];
    for (let r = rows.indexOf(row) + to[0], c = cell.cellIndex + to[1]; rows[r]?.cells[c]; r += to[0], c += to[1]) {
      const next = rows[r].cells[c].querySelector("[data-cell]");
      if (next) return next.focus();
    }
  });
}
