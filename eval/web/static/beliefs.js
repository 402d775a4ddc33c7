// What players believe of each other at one step: bars with what is true, what it is taken for, and what is
// expected; and lines over the whole episode.

import { lines, line } from "./charts.js";
import { h, hidden, kind, number } from "./dom.js";

export const whoIs = (episode, i) => `${episode.players[i]} (${episode.who[i]})`;

export function likeliest(policy) {
  if (!policy) return null;
  const top = Math.max(...Object.values(policy));
  const actions = Object.keys(policy).filter((action) => policy[action] > top - 1e-9);
  const named = actions.slice(0, 3).join(" or ") + (actions.length > 3 ? " or …" : "");
  return top > 0.995 ? named : `${named} (${Math.round(100 * top)} %)`;
}

export function isTrue(episode, other, name, step) {
  return episode.truth[episode.players.indexOf(other)].labels[step] === name;
}

function truly(episode, other, mind, step) {
  const truth = episode.truth[episode.players.indexOf(other)], label = truth.labels[step];
  if (label === null) return `${truth.text}, so that none of these is true.`;
  const has = mind.names.includes(label);
  if (truth.kind === "acts") return `${truth.text}; here it acts at order ${label}${has ? "" : ", which is none of these"}.`;
  return `${truth.text}${has ? "" : ", which is none of these"}.`;
}

function row(episode, me, other, mind, step, j) {
  const name = mind.names[j], p = mind.p[step][j];
  const taken = mind.taken[step] === name, right = isTrue(episode, other, name, step);
  const fill = h("span", { class: `fill ${line(j)}` });
  fill.style.width = `${100 * (p ?? 0)}%`;
  const policy = mind.by[step][j];
  return h("tr", { class: right ? "true" : null },
    h("th", { scope: "row" }, h("span", { class: `key ${line(j)}`, "aria-hidden": "true" }), kind(name)),
    h("td", { class: "wide-bar" }, h("span", { class: "track", "aria-hidden": "true" }, fill)),
    h("td", { class: "figure" }, p === null ? "–" : number(p)),
    h("td", { class: "marks" }, right ? h("span", { class: "mark-true" }, "✓ true") : null, taken ? h("span", { class: "mark-taken" }, "▸ taken") : null),
    h("td", { class: "expects" }, policy < 0 ? "" : likeliest(episode.policies[policy])));
}

// the beliefs of player `i` before it acts in `step`; at the end of the episode, those of the last step
export function beliefBars(episode, i, step) {
  const me = episode.players[i], minds = Object.entries(episode.minds[i]);
  if (!minds.length) return h("p", { class: "note" }, h("strong", {}, whoIs(episode, i)), " holds no belief about anybody.");
  return minds.map(([other, mind]) => h("table", { class: "beliefs" },
    h("caption", {}, h("strong", {}, whoIs(episode, i)), ` of ${whoIs(episode, episode.players.indexOf(other))}`,
      h("span", { class: "note block" }, truly(episode, other, mind, step))),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "is"), h("th", { scope: "col", class: "wide-bar" }, hidden("probability as a bar")),
      h("th", { scope: "col", class: "figure" }, "p"), h("th", { scope: "col" }, hidden("marks")), h("th", { scope: "col", class: "expects" }, "so would do"))),
    h("tbody", {}, mind.names.map((_, j) => row(episode, me, other, mind, step, j))),
    unexplained(mind, step)));
}

function unexplained(mind, step) {
  const known = mind.explained[step];
  if (known === null || known > 0.995) return null;
  return h("tfoot", {}, h("tr", {}, h("td", { colspan: 5, class: "note" }, `None of these explains it: ${number(1 - known)}`)));
}

export function beliefLines(episode, i, step, onstep) {
  return Object.entries(episode.minds[i]).map(([other, mind]) => h("figure", {},
    h("figcaption", {}, `${episode.players[i]} of ${other}, step by step`),
    lines({
      series: mind.names.map((name, j) => ({ name: kind(name), values: mind.p.map((row) => row[j]) })),
      label: `Beliefs of ${whoIs(episode, i)} about ${other} over ${episode.steps} steps; the numbers of every step stand in the bars`,
      low: 0, high: 1, cursor: step, onstep,
    })));
}
