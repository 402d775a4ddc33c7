// The page: which view stands behind the address, where the focus goes, and the keys.

import { cellView } from "./cell.js";
import { h } from "./dom.js";
import { episodeView, move, stepOf, stopPlaying } from "./episode.js";
import { overviewView } from "./overview.js";
import * as source from "./source.js";
import { changed, go, link, read, viewOf } from "./state.js";
import { hideTip } from "./tip.js";
import { longest, twinView } from "./twin.js";

const el = (id) => document.getElementById(id);
let runs = [], draws = 0, before = {}, shown = null;

const named = (run) => `${run.id} · ${run.file}${runs.filter((one) => one.file === run.file).length > 1 ? `, run ${run.number}` : ""}${run.finished === null ? " (going on)" : ""}`;

function chooser(id, chosen, none, onchange) {
  const options = runs.map((run) => h("option", { value: run.id, selected: run.id === chosen }, named(run)));
  el(id).replaceChildren(...(none ? [h("option", { value: "" }, none)] : []), ...options);
  el(id).onchange = (event) => onchange(event.target.value);
}

function trail(state, view) {
  const run = { run: state.run, beside: state.beside, show: state.show, find: state.find };
  const steps = [["Verdict", link(run)]];
  if (view === "still") steps.push(["Figures and methods", null]);
  if (state.task && view !== "still") steps.push([state.task, link({ ...run, task: state.task })]);
  if (["cell", "episode"].includes(view)) steps.push([`${state.agent} with ${state.partner}`, link({ ...state, episode: "", step: "", player: "" })]);
  if (view === "episode") steps.push([`episode ${state.episode}`, link({ ...state, step: "", player: "" })]);
  if (view === "episode" && state.player) steps.push([`step ${state.step ?? 1}, ${state.player}`, null]);
  el("trail").replaceChildren(h("ol", {}, steps.map(([text, to], i) => h("li", {}, i === steps.length - 1 ? h("span", { "aria-current": "page" }, text) : h("a", { href: to }, text)))));
}

async function made(state, view) {
  const [run, other] = [await source.overview(state.run), state.beside ? await source.overview(state.beside) : null];
  if (view === "overview") {
    shown = null;
    return overviewView(run, other, other ? await source.comparison(state.run, state.beside) : null, state);
  }
  if (view === "episode") return episodes(run, other, state);
  const cell = await source.cell(state.run, state);
  if (view === "cell") {
    shown = null;
    const twin = other ? await source.cell(state.beside, state).catch(() => null) : null;
    return cellView(run, other, cell, twin, state);
  }
  throw new Error(`There is no view ${view}.`);
}

// an episode, and the same of the run beside it where that has it
async function episodes(run, other, state) {
  const ask = async (of) => ({ run: of, cell: await source.cell(of.id, state), episode: await source.episode(of.id, state, state.episode) });
  const [mine, twin] = await Promise.allSettled([ask(run), other ? ask(other) : Promise.reject()]);
  const alone = mine.value ?? twin.value;
  if (!alone) throw mine.reason;
  if (mine.value && twin.value) {
    shown = longest(mine.value.episode, twin.value.episode);
    return twinView([mine.value, twin.value], state);
  }
  shown = alone.episode;
  const own = alone.run === run ? state : { ...state, run: other.id, beside: run.id };
  const note = other ? h("p", { class: "note", id: "only" }, `This episode is in run ${alone.run.id} only: ${(mine.value ? twin : mine).reason.message}`) : null;
  return episodeView(alone.cell, alone.episode, own, note);
}

// what a person who came here by keys wants first: the first of the list, or the decision that was opened
function focusOn(state, view) {
  const first = view === "episode" && state.player ? el("decision") : view === "cell" || view === "episode"
    ? document.querySelector("tr.now [data-item]") ?? document.querySelector("[data-item]") : el("verdict");
  const target = first ?? document.querySelector("#view h1");
  target?.focus({ preventScroll: true });
  if (view === "episode" && state.player) target?.scrollIntoView({ block: "start" });
  else scrollTo(0, 0);
}

function isSame(state, view) {
  return view === viewOf(before) && ["run", "task", "agent", "partner", "episode", "player"].every((key) => before[key] === state[key]);
}

async function draw({ keep = false } = {}) {
  const state = read(), mine = ++draws, view = viewOf(state);
  if (!state.run && runs.length) state.run = runs[0].id;
  const stays = keep || isSame(state, view);
  if (!stays) stopPlaying();
  hideTip();
  chooser("run", state.run, null, (run) => go(changed({}, { run })));
  chooser("beside", state.beside ?? "", "no other run", (beside) => go({ ...state, beside }));
  document.querySelectorAll(".only-several").forEach((one) => { one.hidden = runs.length < 2; });
  document.body.dataset.view = view;
  el("still-link").href = source.isOneFile ? link({ run: state.run, view: "still" }) : `/print?run=${encodeURIComponent(state.run)}`;
  trail(state, view);
  const focused = focusPath(), top = scrollY;
  let content;
  try {
    content = view === "still" ? [] : await made(state, view);
  } catch (error) {
    content = h("div", { class: "card problem", role: "alert" }, h("h1", { tabindex: -1 }, "This cannot be shown"), h("p", {}, error.message), h("a", { href: link({ run: state.run }) }, "Back to the verdict"));
  }
  if (mine !== draws) return;
  el("view").replaceChildren(...[content].flat(Infinity).filter(Boolean));
  document.title = `${[...el("trail").querySelectorAll("li")].at(-1).textContent} – explorer`;
  const isFirst = before.run === undefined;
  before = state;
  if (stays) {
    refocus(focused);
    scrollTo(0, top);
  } else if (!isFirst || view === "episode" || view === "cell") focusOn(state, view);
  if (!isFirst && !stays) el("said").textContent = document.title;
  document.body.dataset.drawn = String(mine);
  if (view === "overview") look([state.run, state.beside].filter(Boolean));
}

// looks through a large run once its first view is there, and shows that anew without what is damaged
async function look(ids) {
  const found = await Promise.all(ids.map((run) => source.verified(run).catch(() => false)));
  if (found.some(Boolean)) draw({ keep: true });
}

// the same control in the view that replaces it: by its id, or its place among those of its kind
function focusPath() {
  const at = document.activeElement;
  if (!at || at === document.body || !el("view").contains(at)) return null;
  if (at.id) return (view) => view.querySelector(`#${CSS.escape(at.id)}`);
  const place = [...el("view").querySelectorAll(at.tagName)].indexOf(at);
  return (view) => view.querySelectorAll(at.tagName)[place];
}

function refocus(path) {
  path?.(el("view"))?.focus({ preventScroll: true });
}

function steps(event, state) {
  const at = stepOf(shown, state);
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: shown.steps }[event.key];
  if (to === undefined || event.target.closest("pre")) return;
  event.preventDefault();
  stopPlaying();
  move(shown, state, to);
}

function among(event) {
  const items = [...document.querySelectorAll("#view [data-item]")], at = items.indexOf(document.activeElement);
  const own = at < 0 ? 1 : items[at].closest("tr").querySelectorAll("[data-item]").length;
  const next = items[event.key === "ArrowDown" ? at + own : at - own];
  if (!next || event.target.closest("pre")) return;
  event.preventDefault();
  next.focus();
}

// one level up, as the trail above shows them
function up() {
  const links = [...el("trail").querySelectorAll("a")];
  if (links.length) location.hash = links.at(-1).getAttribute("href");
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || ["SELECT", "INPUT", "TEXTAREA"].includes(event.target.tagName)) return;
  const state = { ...read(), run: read().run ?? runs[0]?.id }, view = viewOf(state);
  if (event.key === "Escape") up();
  else if (view === "overview" && event.key.startsWith("Arrow") && !event.target.closest(".matrix")) {
    event.preventDefault();
    document.querySelector("#view [data-cell]")?.focus();
  } else if (["ArrowUp", "ArrowDown"].includes(event.key) && view !== "overview") among(event);
  else if (view === "episode" && shown) steps(event, state);
});

addEventListener("hashchange", () => draw());
addEventListener("redraw", () => draw({ keep: true }));
el("skip").addEventListener("click", (event) => {
  event.preventDefault();
  el("main").focus();
});

async function begin() {
  runs = await source.runs();
  if (!location.hash && source.start) history.replaceState(null, "", `#${source.start}`);
  await draw();
}

begin().catch((error) => { el("view").replaceChildren(h("p", { role: "alert" }, error.message)); });
