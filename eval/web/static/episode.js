// One episode, step by step: the board, what both players believe, and every decision in a list.

import { beliefBars, beliefLines, likeliest, whoIs } from "./beliefs.js";
import { colour, drawBoard, inWords } from "./board.js";
import { decisionPanel } from "./decision.js";
import { h, kind, number, svg } from "./dom.js";
import { changed, go, link } from "./state.js";

const PACE = 700;
let timer = null;

export const isPlaying = () => timer !== null;

export function stopPlaying() {
  clearInterval(timer);
  timer = null;
}

export function doing(episode, step) {
  if (step >= episode.steps) return `The episode is over after ${episode.steps} steps; the agent's score is ${number(episode.score, 1)}.`;
  const parts = episode.players.map((player, i) => {
    const [mind] = Object.values(episode.minds[i]), order = episode.orders[i][step];
    const taken = mind?.taken[step] ? `, takes its partner for ${kind(mind.taken[step])}` : "";
    return `${whoIs(episode, i)} does ${episode.actions[i][step]}${taken}${order === null ? "" : `, acts at order ${order}`}`;
  });
  return `Step ${step + 1}: ${parts.join("; ")}.`;
}

export function board(cell, episode, step) {
  const frame = episode.frames[step] ?? null, at = Math.min(step, episode.steps - 1);
  const words = inWords(cell.board, frame, episode.players);
  const chosen = step < episode.steps ? episode.actions.map((own) => own[step]) : [];
  const drawn = drawBoard(cell.board, frame, { label: `Board before step ${step + 1}${words ? `: ${words}` : ""}`, players: episode.players, chosen });
  return h("div", { class: "stage-board" }, drawn, ["grid", "kitchen"].includes(cell.board.kind) && drawn ? null : strip(episode, step, at));
}

// the last actions of all players below each other, where there is no map to look at
function strip(episode, step, at) {
  const from = Math.max(0, at - 11);
  const steps = Array.from({ length: at - from + 1 }, (_, i) => from + i);
  return h("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": "Actions so far" }, h("table", { class: "strip" },
    h("caption", {}, "Actions so far"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "step"), steps.map((s) => h("th", { scope: "col", class: s === step ? "now" : null }, String(s + 1))))),
    h("tbody", {}, episode.players.map((player, i) => h("tr", {}, h("th", { scope: "row" }, h("span", { class: `key ${colour(i)}`, "aria-hidden": "true" }), player), steps.map((s) => h("td", { class: s === step ? "now" : null }, episode.actions[i][s])))),
      h("tr", {}, h("th", { scope: "row" }, "points"), steps.map((s) => h("td", { class: s === step ? "now" : null }, number(episode.points[episode.seat][s], 0)))))));
}

export function controls(episode, state, step, numbers) {
  const to = (next) => { stopPlaying(); move(episode, state, next); };
  const button = (text, label, next) => h("button", { type: "button", "aria-label": label, onclick: () => to(next), "aria-disabled": next < 0 || next > episode.steps ? "true" : null }, text);
  const play = h("button", { type: "button", id: "play", class: "play", onclick: () => playing(episode, state) }, timer ? "Pause" : "Play");
  const slider = h("input", { type: "range", id: "step", min: 0, max: episode.steps, value: step, "aria-label": "Step", "aria-valuetext": step < episode.steps ? `step ${step + 1} of ${episode.steps}` : "the end", oninput: (event) => to(+event.target.value) });
  const here = numbers.indexOf(episode.episode);
  const next = (by, text, label) => (numbers[here + by] === undefined ? null : h("a", { class: "button", href: link(changed(state, { episode: numbers[here + by] })), "aria-label": label }, text));
  return h("div", { class: "controls" }, next(-1, "← episode", "Previous episode"), next(1, "episode →", "Next episode"),
    button("|◀", "To the beginning", 0), button("◀", "One step back", step - 1), play, button("▶", "One step on", step + 1), slider,
    h("output", { for: "step", id: "where" }, step < episode.steps ? `step ${step + 1} of ${episode.steps}` : `end, after ${episode.steps}`));
}

// `step` counts from 1 in links, as for people
export function move(episode, state, step) {
  const at = Math.max(0, Math.min(episode.steps, step));
  const next = { ...state, step: at === 0 && !state.player ? "" : at + 1 };
  if (at === episode.steps) delete next.player;
  go(next, { replace: true });
  dispatchEvent(new CustomEvent("redraw"));
}

export const stepOf = (episode, state) => Math.max(0, Math.min(episode.steps, Number(state.step ?? 1) - 1 || 0));

function playing(episode, state) {
  if (timer) {
    stopPlaying();
    dispatchEvent(new CustomEvent("redraw"));
    return;
  }
  let at = stepOf(episode, state);
  if (at >= episode.steps) at = -1;
  timer = setInterval(() => {
    if (++at >= episode.steps) stopPlaying();
    move(episode, state, at);
  }, PACE);
  dispatchEvent(new CustomEvent("redraw"));
}

export function decided(episode, state, step, i, where = "") {
  const note = episode.notes[step]?.[episode.players[i]], asked = asks(episode, step, i);
  const marks = [note?.degraded ? "✗ degraded" : "", note?.overruled ? "gate" : "", asked ? "asked a model" : ""].filter(Boolean);
  const here = state.player === episode.players[i] && stepOf(episode, state) === step;
  const mind = Object.values(episode.minds[i])[0];
  return h("td", { class: note?.degraded ? "wrong" : null },
    h("a", { href: link({ ...state, step: step + 1, player: episode.players[i] }), "data-item": true, "aria-current": here ? "true" : null, "aria-label": `${where}Step ${step + 1}, ${episode.players[i]}: ${episode.actions[i][step]}${marks.length ? `, ${marks.join(", ")}` : ""}` }, episode.actions[i][step]),
    mind?.taken[step] ? h("span", { class: "note" }, ` ▸ ${kind(mind.taken[step])}`) : null, marks.map((mark) => h("span", { class: mark.startsWith("✗") ? "badge bad" : "badge" }, mark)));
}

export function asks(episode, step, i) {
  return episode.questions.some((one) => one.step === step && one.player === episode.players[i]);
}

// the agent's column comes first, so that it is reached first
export const ordered = (episode) => [episode.seat, ...episode.players.keys()].filter((i, at, all) => all.indexOf(i) === at);

function decisions(episode, state, step) {
  const order = ordered(episode);
  return h("div", { class: "scrolls tall", tabindex: 0, role: "region", "aria-label": "Decisions" }, h("table", { class: "list decisions" },
    h("caption", {}, "Every decision; follow one to see why"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "step"), order.map((i) => h("th", { scope: "col" }, whoIs(episode, i))), h("th", { scope: "col" }, "score"))),
    h("tbody", {}, Array.from({ length: episode.steps }, (_, t) => h("tr", { class: t === step ? "now" : null }, h("th", { scope: "row" }, String(t + 1)), order.map((i) => decided(episode, state, t, i)), h("td", { class: "figure" }, points(episode, t)))))));
}

export function points(episode, step) {
  const found = episode.points[episode.seat][step];
  return number(found, Number.isInteger(found) ? 0 : 2);
}

export function episodeView(cell, episode, state, note = null) {
  if (!episode.steps) {
    return h("section", { class: "card" }, h("h1", { tabindex: -1 }, `Episode ${episode.episode}: ${cell.agent} with ${cell.partner}`),
      h("p", {}, `The score is ${number(episode.score)} ${cell.unit}. No steps were stored (--scores-only), so there is nothing to look at step by step; the same command without --scores-only, into a new file, stores them.`), note);
  }
  const step = stepOf(episode, state), held = Math.min(step, episode.steps - 1);
  const chosen = episode.players.indexOf(state.player);
  const onstep = (next) => { stopPlaying(); move(episode, state, next); };
  return h("section", { class: "card", "aria-labelledby": "episode" },
    h("h1", { id: "episode", tabindex: -1 }, `Episode ${episode.episode}: ${cell.agent} with ${cell.partner}`),
    h("p", { class: "note" }, `on ${cell.name}; the agent sits at ${episode.players[episode.seat]} and scores ${number(episode.score, Number.isInteger(episode.score) ? 0 : 2)} ${cell.unit}${cell.optimum === null ? "" : ` (at best ${number(cell.optimum, 0)})`}`),
    note,
    controls(episode, state, step, cell.episodes.map((row) => row[0])),
    h("p", { id: "doing", "aria-live": timer ? "off" : "polite" }, doing(episode, step)),
    chosen >= 0 && step < episode.steps ? decisionPanel(episode, step, chosen, state) : null,
    h("div", { class: "stage" }, board(cell, episode, step), h("div", { class: "stage-beliefs" }, episode.players.map((_, i) => beliefBars(episode, i, held)))),
    h("details", { class: "more", open: true }, h("summary", {}, "Beliefs over the episode"), h("div", { class: "columns charts" }, episode.players.map((_, i) => beliefLines(episode, i, held, onstep)))),
    decisions(episode, state, step));
}
