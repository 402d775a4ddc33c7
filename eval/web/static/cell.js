// One pairing: what its episodes come to, and every one of them in a list; beside another run's where one is
// chosen.

import { histogram, lines } from "./charts.js";
import { h, interval, number, percent, whole } from "./dom.js";
import { changed, go, link } from "./state.js";

const FIRST = 200;
const COLUMNS = { episode: 0, score: 2, steps: 3, tokens: 5, degraded: 6 };

const fact = (name, value) => h("div", { class: "fact" }, h("dt", {}, name), h("dd", {}, value));

function facts(found, cell) {
  return h("dl", { class: "facts" }, fact(`mean ${cell.unit} [95 %]`, interval(found)), fact("episodes", whole(found.n)),
    fact("at best", cell.optimum === null ? "unknown" : number(cell.optimum, 1)),
    fact("degraded / asked again / cut off", [found.degraded, found.repaired, found.truncated].map(percent).join(" / ")),
    found.tokens ? fact("tokens an episode", whole(found.tokens)) : null,
    found.tokens ? fact("US dollars an episode", found.cost === null ? "unknown" : number(found.cost, 4)) : null,
    fact("seconds an episode", number(found.seconds, 3)));
}

function curve(cell) {
  const values = cell.curve.map((one) => one[0]), errors = cell.curve.map((one) => one[1]);
  if (cell.unit === "steps" || values.length < 2) return null;
  const ends = values.flatMap((value, i) => [value - errors[i], value + errors[i]]);
  return h("figure", {}, h("figcaption", {}, `Mean ${cell.unit} of the agent in every step, with one standard error; ${whole(cell.curved)} episodes`),
    lines({ series: [{ name: `mean ${cell.unit}`, values, errors }], label: `Mean ${cell.unit} in each of ${values.length} steps, from ${number(values[0])} to ${number(values.at(-1))}`, low: Math.min(0, ...ends), high: Math.max(...ends) }));
}

function sorted(rows, sort) {
  const at = COLUMNS[sort?.replace("-", "")];
  if (at === undefined) return rows;
  const sign = sort.startsWith("-") ? -1 : 1;
  return [...rows].sort((a, b) => sign * (a[at] - b[at]) || a[0] - b[0]);
}

function heading(name, text, state, figure = true) {
  const by = state.sort ?? "episode", down = by === `-${name}`, up = by === name;
  const next = up ? `-${name}` : name;
  const arrow = up ? " ↑" : down ? " ↓" : "";
  return h("th", { scope: "col", class: figure ? "figure" : null, "aria-sort": up ? "ascending" : down ? "descending" : "none" },
    h("a", { href: link({ ...state, sort: next === "episode" ? "" : next }), class: "sorts" }, text + arrow));
}

function list(cell, twin, state) {
  const other = new Map((twin?.episodes ?? []).map((row) => [row[0], row]));
  const asks = cell.episodes.some((row) => row[5]) || (twin?.episodes ?? []).some((row) => row[5]);
  const all = sorted(state.only === "wrong" ? cell.episodes.filter((row) => row[6]) : cell.episodes, state.sort);
  const body = h("tbody"), table = h("table", { class: "list" }, h("caption", {}, `Episodes of ${cell.agent} with ${cell.partner}${twin ? ` in run ${state.run}, and beside them those of run ${state.beside}` : ""}`));
  const head = [heading("episode", "episode", state, false), h("th", { scope: "col" }, "seat"), heading("score", `score (${cell.unit})`, state), heading("steps", "steps", state),
    asks ? heading("tokens", "tokens", state) : null, heading("degraded", "degraded", state), twin ? h("th", { scope: "col", class: "figure" }, `score in run ${state.beside}`) : null];
  const made = ([episode, seat, score, steps, , tokens, degraded]) => h("tr", { class: degraded ? "wrong" : null },
    h("th", { scope: "row" }, h("a", { href: link(changed(state, { episode })), "data-item": true, "aria-label": `Episode ${episode}, score ${number(score, 1)}` }, `episode ${episode}`)),
    h("td", {}, String(seat + 1)), h("td", { class: "figure" }, number(score, Number.isInteger(score) ? 0 : 2)), h("td", { class: "figure" }, String(steps)), asks ? h("td", { class: "figure" }, whole(tokens)) : null,
    h("td", { class: "figure" }, degraded ? `${degraded} ✗` : "0"), twin ? h("td", { class: "figure" }, beside(other.get(episode), episode)) : null);
  const beside = (row, episode) => (row ? h("a", { href: link(changed({ ...state, run: state.beside, beside: state.run }, { task: cell.name, agent: cell.agent, partner: cell.partner, episode })) }, number(row[2], Number.isInteger(row[2]) ? 0 : 2)) : "not played");
  table.append(h("thead", {}, h("tr", {}, head)), body);
  body.append(...all.slice(0, FIRST).map(made));
  const rest = all.length > FIRST ? h("button", { type: "button", onclick: () => { body.append(...all.slice(FIRST).map(made)); rest.remove(); } }, `Show all ${whole(all.length)} episodes`) : null;
  return [cell.damaged.length ? h("p", { class: "note", id: "damaged" }, `Damaged and left out: episode${cell.damaged.length > 1 ? "s" : ""} ${cell.damaged.slice(0, 10).join(", ")}${cell.damaged.length > 10 ? ", …" : ""}.`) : null,
    h("div", { class: "scrolls tall", tabindex: 0, role: "region", "aria-label": "Episodes" }, table), all.length ? null : h("p", {}, "No episode fits."), rest];
}

// where this pairing stands among others: the same agent's and the same partner's
function steps(run, cell, state) {
  const task = run.tasks.find((one) => one.name === cell.name);
  const choose = (label, name, names) => h("label", {}, h("span", {}, label), h("select", { onchange: (event) => go({ ...changed(state, { task: cell.name }), agent: cell.agent, partner: cell.partner, [name]: event.target.value }) },
    names.map((one) => h("option", { value: one, selected: one === cell[name] }, one))));
  const played = (agent, partner) => task.cells.some((one) => one.agent === agent && one.partner === partner);
  return h("form", { class: "filters", "aria-label": "Pairing", onsubmit: (event) => event.preventDefault() },
    choose("Agent", "agent", task.agents.filter((name) => played(name, cell.partner))), choose("Partner", "partner", task.partners.filter((name) => played(cell.agent, name))),
    h("label", { class: "tick" }, h("input", { type: "checkbox", checked: state.only === "wrong", onchange: (event) => go({ ...state, only: event.target.checked ? "wrong" : "" }) }), h("span", {}, "Only episodes with degraded decisions")));
}

export function cellView(run, other, cell, twin, state) {
  const pick = (of) => of?.tasks.find((one) => one.name === cell.name)?.cells.find((one) => one.agent === cell.agent && one.partner === cell.partner);
  const found = pick(run), second = pick(other);
  const scores = cell.episodes.map((row) => row[2]);
  if (!found || !scores.length) {
    return h("section", { class: "card", "aria-labelledby": "pairing" }, h("h1", { id: "pairing", tabindex: -1 }, `${cell.agent} with ${cell.partner}`),
      h("p", { id: "damaged" }, `All ${cell.damaged.length} episodes of this pairing that are stored are damaged, and left out.`));
  }
  return h("section", { class: "card", "aria-labelledby": "pairing" },
    h("h1", { id: "pairing", tabindex: -1 }, `${cell.agent} with ${cell.partner}`), h("p", { class: "note" }, `on ${cell.name}, ${cell.better} scores are better`),
    steps(run, cell, state), second ? h("h2", {}, `Run ${state.run}`) : null, facts(found, cell), second ? [h("h2", {}, `Run ${state.beside}`), facts(second, cell)] : null,
    other && !second ? h("p", { class: "note" }, `Run ${state.beside} has no episode of this pairing.`) : null,
    cell.curved ? null : h("p", { class: "note", id: "stepless" }, "Scores alone were stored (--scores-only): no step of these episodes can be looked at."),
    h("div", { class: "columns wide-first" }, h("div", {}, list(cell, twin, state)), h("div", {}, h("figure", {}, h("figcaption", {}, "How many episodes reached which score"), histogram(scores, { label: `Scores of ${scores.length} episodes, from ${number(Math.min(...scores), 1)} to ${number(Math.max(...scores), 1)}`, unit: cell.unit })), curve(cell))));
}
