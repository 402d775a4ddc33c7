// The first view: the verdict in sentences, a heat map for each task, who is ahead of whom, and two runs beside
// each other.

import { scale, whisker } from "./charts.js";
import { h, interval, number } from "./dom.js";
import { heatMap, roving, SHOWN, shader } from "./heat.js";
import { changed, go, link } from "./state.js";
import { tip } from "./tip.js";

const MANY_ROWS = 12;

function sentence(one, state) {
  return h("li", { class: one.tone }, one.parts.map((part) => {
    if (typeof part === "string") return part;
    // a command is broken between its words, and not within an option
    if (part.code) return h("code", {}, part.text.split(" ").flatMap((word, i) => [i ? " " : null, h("span", { class: word.length < 24 ? "whole" : null }, word)]));
    const { task, agent, partner } = part.to;
    const to = partner ? changed(state, { task, agent, partner }) : { ...changed(state, { task }), find: agent ?? state.find };
    return h("a", { href: link(to) }, part.text);
  }));
}

function chooser(label, value, options, onchange) {
  const select = h("select", { onchange: (event) => onchange(event.target.value) },
    options.map(([name, text]) => h("option", { value: name, selected: name === value }, text)));
  return h("label", {}, h("span", {}, label), select);
}

function filters(run, state) {
  const find = h("input", { type: "search", value: state.find ?? "", placeholder: "part of a name" });
  find.addEventListener("change", () => go({ ...state, find: find.value.trim() }));
  return h("form", { class: "filters", onsubmit: (event) => event.preventDefault(), "aria-label": "Filters" },
    chooser("Task", state.task ?? "", [["", "all tasks"], ...run.tasks.map((task) => [task.name, task.name])], (task) => go(changed(state, { task }))),
    h("label", {}, h("span", {}, "Agents and partners"), find),
    chooser("Colour by", state.show ?? "score", Object.entries(SHOWN).map(([name, shown]) => [name, shown.title]), (show) => go({ ...state, show: show === "score" ? "" : show })),
    h("label", { class: "tick" }, h("input", { type: "checkbox", checked: state.only === "wrong", onchange: (event) => go({ ...state, only: event.target.checked ? "wrong" : "" }) }), h("span", {}, "Only what is degraded or missing")));
}

// the agents and partners of a task that the filters leave
function left(task, state) {
  const fits = (name) => !state.find || name.toLowerCase().includes(state.find.toLowerCase());
  const byAgent = task.agents.filter(fits), byPartner = task.partners.filter(fits);
  let agents = byAgent.length ? byAgent : task.agents, partners = byAgent.length ? task.partners : byPartner;
  if (state.find && !byAgent.length && !byPartner.length) [agents, partners] = [[], []];
  if (state.only === "wrong") {
    const wrong = [...task.cells.filter((cell) => cell.marked || cell.degraded), ...task.missing];
    agents = agents.filter((name) => wrong.some((one) => one.agent === name));
    partners = partners.filter((name) => wrong.some((one) => one.partner === name));
  }
  return [agents, partners];
}

function leads(task) {
  const { leads: all, beside } = task.ranking, sign = task.better === "lower" ? -1 : 1;
  const turned = (found) => sign > 0 ? found : { ...found, mean: -found.mean, low: found.high === null ? null : -found.high, high: found.low === null ? null : -found.low };
  const table = (title, rows, last) => {
    if (!rows.length) return null;
    const found = rows.map((lead) => turned(lead.difference)), [low, high] = scale(found, true);
    return h("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": `${title}, ${task.name}` }, h("table", { class: "leads" },
      h("caption", {}, title),
      h("thead", {}, h("tr", {}, ["best", "ahead of", ...(last ? ["beside"] : []), `by (${task.unit})`].map((name) => h("th", { scope: "col" }, name)), h("td"), ["p (Holm)", "beyond chance"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map((lead, i) => h("tr", {}, h("th", { scope: "row" }, lead.best), h("td", {}, lead.other), last ? h("td", {}, lead.partner) : null,
        h("td", { class: "figure" }, interval(found[i])), h("td", { class: "drawing" }, whisker(found[i], low, high, true)), h("td", { class: "figure" }, lead.p < 0.001 ? "<0.001" : number(lead.p, 3)), h("td", {}, lead.beyond ? "yes" : "no"))))));
  };
  const note = "Differences over the same episodes. The best agent was found by looking, so every pair of agents counts as a test: p-values are Holm's, and each interval is at the level at which Holm's procedure tests it.";
  return h("details", { class: "more" }, h("summary", {}, `Who is ahead of whom on ${task.name}, with Holm's correction`), h("p", { class: "note" }, note),
    table("Beside all partners together", all, false), table("Beside each partner: the best and the next", beside, true));
}

function means(task) {
  const { means: all } = task.ranking;
  if (!all.length) return null;
  const [low, high] = scale(all), shown = all.slice(0, MANY_ROWS);
  return h("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": `Agents of ${task.name}` }, h("table", { class: "leads" },
    h("caption", {}, `Agents beside ${task.ranking.partners.length} partners, the best first${all.length > shown.length ? ` (${shown.length} of ${all.length})` : ""}`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "agent"), h("th", { scope: "col", class: "figure" }, `mean ${task.unit} [95 %]`), h("td"))),
    h("tbody", {}, shown.map((one) => h("tr", {}, h("th", { scope: "row" }, one.agent), h("td", { class: "figure" }, interval(one)), h("td", { class: "drawing" }, whisker(one, low, high)))))));
}

function gap(task) {
  if (!task.gap) return null;
  const { own, cross, gap: apart } = task.gap;
  return h("p", { class: "note" }, `Over the kinds that met each other: self-play ${interval(own)}, cross-play ${interval(cross)}, gap ${interval(apart)}.`);
}

function section(task, other, state, otherRun, file) {
  const [agents, partners] = left(task, state);
  const shown = SHOWN[state.show] ?? SHOWN.score;
  if (!agents.length || !partners.length) return null;
  const twin = other?.tasks.find((one) => one.name === task.name);
  const shade = shader([...task.cells, ...(twin?.cells ?? [])], shown, task);
  const name = (id) => `Run ${id} · ${id === state.run ? file : other.file}`;
  const map = (of, inRun, title) => {
    const [rows, columns] = left(of, state);
    const made = heatMap(of, rows, columns, shown, shade, { ...state, ...inRun }, tip);
    roving(made);
    return h("div", {}, title ? h("h3", {}, title) : null, made);
  };
  const maps = twin
    ? h("div", { class: "pair" }, map(task, {}, name(state.run)), map(twin, { run: otherRun, beside: state.run }, name(otherRun)))
    : map(task, {}, null);
  return h("section", { class: "card", "aria-labelledby": `task-${task.name}` }, h("h2", { id: `task-${task.name}` }, task.name),
    h("ul", { class: "sentences" }, task.verdict.map((one) => sentence(one, state))),
    h("div", { class: "columns" }, maps, twin ? null : means(task)), gap(task), leads(task));
}

function differences(found, state) {
  if (!found) return h("p", { class: "note" }, "These two runs were not compared when this page was written.");
  const rows = found.rows.filter((row) => !state.task || row.task === state.task);
  const beyond = rows.filter((row) => row.beyond).length;
  rows.sort((a, b) => b.beyond - a.beyond || Math.abs(b.difference?.mean ?? 0) - Math.abs(a.difference?.mean ?? 0));
  const words = `${rows.length} pairings are in both runs; ${beyond} of them differ by more than chance (Holm's correction over all of them). ${found.paired ? "Both runs have the same seed, so the same episodes are compared." : "The runs have different seeds, so their episodes are independent."}`;
  const only = found.only.map((keys, i) => (keys.length ? ` ${keys.length} pairings are in run ${i ? state.beside : state.run} alone.` : "")).join("");
  if (!rows.length) return h("p", {}, `No pairing is in both runs.${only}`);
  const known = rows.filter((row) => row.difference), [low, high] = scale(known.map((row) => row.difference), true);
  return [h("p", {}, words + only), h("details", { open: beyond > 0 }, h("summary", {}, "Every pairing that both runs have"), h("div", { class: "scrolls tall", tabindex: 0, role: "region", "aria-label": "Differences between the runs" }, h("table", { class: "leads" },
    h("thead", {}, h("tr", {}, ["task", "agent", "partner"].map((name) => h("th", { scope: "col" }, name)), [`run ${state.run}`, `run ${state.beside}`, "difference [95 %]"].map((name) => h("th", { scope: "col", class: "figure" }, name)), h("td"), h("th", { scope: "col", class: "figure" }, "p (Holm)"))),
    h("tbody", {}, rows.map((row) => h("tr", { class: row.beyond ? "beyond" : null }, h("td", {}, row.task),
      h("th", { scope: "row" }, h("a", { href: link(changed(state, { task: row.task, agent: row.agent, partner: row.partner })) }, row.agent)), h("td", {}, row.partner),
      h("td", { class: "figure" }, number(row.first)), h("td", { class: "figure" }, number(row.second)),
      h("td", { class: "figure" }, row.difference ? interval(row.difference) : "one episode"),
      h("td", { class: "drawing" }, row.difference ? whisker(row.difference, low, high, true) : null), h("td", { class: "figure" }, row.p === null ? "" : row.p < 0.001 ? "<0.001" : number(row.p, 3))))))))];
}

// the view of a run, beside another where one is chosen
export function overviewView(run, other, compared, state) {
  const tasks = run.tasks.filter((task) => task.cells.length && (!state.task || task.name === state.task));
  const sections = tasks.map((task) => section(task, other, state, state.beside, run.file)).filter(Boolean);
  const verdict = h("section", { class: "card verdict", "aria-labelledby": "verdict" }, h("h1", { id: "verdict", tabindex: -1 }, "Verdict"),
    h("ul", { class: "sentences" }, run.verdict.map((one) => sentence(one, state))));
  const both = other ? h("section", { class: "card", "aria-labelledby": "both" }, h("h2", { id: "both" }, `Run ${state.beside} less run ${state.run}`), differences(compared, state)) : null;
  const nothing = h("p", { class: "card" }, "Nothing fits these filters. ", h("a", { href: link({ run: state.run, beside: state.beside }) }, "Show everything"));
  return [verdict, filters(run, state), both, ...(sections.length ? sections : [nothing])];
}
