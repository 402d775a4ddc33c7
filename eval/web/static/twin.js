// The same episode in two runs, side by side: one step for both, and where they first do or believe something else.

import { beliefBars, beliefLines, whoIs } from "./beliefs.js";
import { decisionPanel } from "./decision.js";
import { h, number } from "./dom.js";
import { board, controls, decided, doing, isPlaying, move, ordered, points, stepOf, stopPlaying } from "./episode.js";

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

// what both have to the last step of the longer one
export const longest = (one, other) => ({ ...one, steps: Math.max(one.steps, other.steps) });

function first(one, other, differs) {
  const steps = Math.max(one.steps, other.steps);
  for (let t = 0; t < steps; t++) if (t >= one.steps || t >= other.steps || differs(t)) return t;
  return null;
}

const actsAt = (episode, t) => episode.actions.map((own) => own[t]);

// the first step in which anybody does something else, or in which one of them is over; null where there is none
export function firstDifference(one, other) {
  return first(one, other, (t) => !same(actsAt(one, t), actsAt(other, t)));
}

function believesAt(episode, t) {
  return episode.minds.map((minds) => Object.entries(minds).map(([who, mind]) => [who, mind.names, mind.p[t], mind.taken[t]]));
}

function words(sides, at, believed) {
  const [one, other] = sides.map(({ episode }) => episode);
  const known = [];
  if (at === null) known.push(`Both do the same in all ${one.steps} steps.`);
  else if (at >= one.steps || at >= other.steps) {
    const [short, long] = one.steps < other.steps ? sides : [...sides].reverse();
    known.push(`Both do the same until the episode of run ${short.run.id} is over after ${short.episode.steps} steps; that of run ${long.run.id} has ${long.episode.steps}.`);
  } else {
    const said = sides.map(({ run, episode }) => `in run ${run.id} ${episode.players.map((player, i) => `${player} does ${episode.actions[i][at]}`).join(" and ")}`);
    known.push(`They differ from step ${at + 1} on: ${said.join(", ")}.`);
  }
  if (believed !== null && (at === null || believed < at)) known.push(`What is believed differs from step ${believed + 1} on.`);
  if (sides[0].run.seed !== sides[1].run.seed) known.push("The runs have different seeds, so these two episodes have different luck.");
  return known.join(" ");
}

function half({ run, cell, episode }, step, state, i) {
  const held = Math.min(step, episode.steps - 1), at = Math.min(step, episode.steps);
  const id = run.id === state.run ? "decision" : "decision-beside";
  return h("section", { class: "half", "aria-label": `Run ${run.id}` },
    h("h2", {}, `Run ${run.id} · ${run.file}`),
    h("p", { class: "note" }, `${episode.steps} steps, score ${number(episode.score, Number.isInteger(episode.score) ? 0 : 2)} ${cell.unit}`),
    h("p", { class: "doing", "aria-live": isPlaying() ? "off" : "polite" }, doing(episode, at)),
    i >= 0 && step < episode.steps ? decisionPanel(episode, step, i, state, id) : null,
    board(cell, episode, at),
    h("div", { class: "stage-beliefs" }, episode.players.map((_, j) => beliefBars(episode, j, held))));
}

function decisions(sides, step, state, at) {
  const steps = Math.max(...sides.map(({ episode }) => episode.steps));
  const heads = sides.flatMap(({ run, episode }) => [...ordered(episode).map((i) => h("th", { scope: "col" }, `${run.id}: ${whoIs(episode, i)}`)), h("th", { scope: "col" }, `${run.id}: score`)]);
  const cells = ({ run, episode }, t) => (t < episode.steps
    ? [...ordered(episode).map((i) => decided(episode, state, t, i, `Run ${run.id}, `)), h("td", { class: "figure" }, points(episode, t))]
    : [h("td", { class: "note", colspan: episode.players.length + 1 }, "over")]);
  const differs = (t) => sides.some(({ episode }) => t >= episode.steps) || !same(actsAt(sides[0].episode, t), actsAt(sides[1].episode, t));
  return h("div", { class: "scrolls tall", tabindex: 0, role: "region", "aria-label": "Decisions" }, h("table", { class: "list decisions" },
    h("caption", {}, "Every decision of both; ≠ marks steps in which they differ"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "step"), heads)),
    h("tbody", {}, Array.from({ length: steps }, (_, t) => h("tr", { class: [t === step ? "now" : "", differs(t) ? "differs" : ""].join(" ").trim() || null },
      h("th", { scope: "row" }, `${t + 1} `, differs(t) ? h("span", { class: "badge" }, t === at ? "≠ first difference" : "≠") : null), sides.map((side) => cells(side, t)))))));
}

// `sides`: {run, cell, episode} of the run that is looked at, and of the one beside it
export function twinView(sides, state) {
  const [{ cell, episode }, { episode: other }] = sides, both = longest(episode, other);
  const title = h("h1", { id: "episode", tabindex: -1 }, `Episode ${episode.episode}: ${cell.agent} with ${cell.partner}`);
  const where = h("p", { class: "note" }, `on ${cell.name}, in runs ${sides.map(({ run }) => run.id).join(" and ")}; the agent sits at ${episode.players[episode.seat]}${episode.seat === other.seat ? "" : `, and at ${other.players[other.seat]}`}`);
  const empty = sides.filter((side) => !side.episode.steps).map(({ run }) => `run ${run.id}`);
  if (empty.length) {
    const scores = sides.map((side) => `${number(side.episode.score)} in run ${side.run.id}`).join(", ");
    return h("section", { class: "card", "aria-labelledby": "episode" }, title, where, h("p", {}, `Score: ${scores} ${cell.unit}. No steps were stored in ${empty.join(" and ")} (--scores-only), so there is nothing to compare step by step.`));
  }
  const step = stepOf(both, state), i = episode.players.indexOf(state.player);
  const at = firstDifference(episode, other), believed = first(episode, other, (t) => !same(believesAt(episode, t), believesAt(other, t)));
  const onstep = (next) => { stopPlaying(); move(both, state, next); };
  return h("section", { class: "card", "aria-labelledby": "episode" }, title, where,
    h("p", { id: "difference" }, words(sides, at, believed), " ", at === null ? null : h("button", { type: "button", id: "to-difference", onclick: () => onstep(at) }, `To step ${at + 1}`)),
    controls(both, state, step, cell.episodes.map((row) => row[0])),
    h("div", { class: "pair" }, sides.map((side) => half(side, step, state, i))),
    h("details", { class: "more" }, h("summary", {}, "Beliefs over the episode"), h("div", { class: "pair" }, sides.map((side) => h("div", {}, h("h3", {}, `Run ${side.run.id}`), side.episode.players.map((_, j) => beliefLines(side.episode, j, Math.min(step, side.episode.steps - 1), onstep)))))),
    decisions(sides, step, state, at));
}
