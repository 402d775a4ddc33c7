// The page on which a person plays with an agent.

import { drawBoard, inWords } from "./board.js";
import * as choosing from "./choosing.js";

const $ = id => document.getElementById(id);
const SIGNS = {up: "↑", down: "↓", left: "←", right: "→", interact: "i", stay: "s"};
let name = "", view = null, busy = false, choice = {};

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
function row(cells, tag = "td") {
  const made = element("tr");
  cells.forEach((cell, i) => made.append(cell instanceof Node ? cell
    : element(tag === "th" || i === 0 ? "th" : "td", cell, {scope: tag === "th" ? "col" : "row"})));
  return made;
}
const others = () => view.players.filter(player => player !== view.me);
const number = value => Number(value.toFixed(2)).toString();

async function ask(path, body) {
  const options = body === undefined ? {} : {method: "POST", body: JSON.stringify(body),
    headers: {"Content-Type": "application/json"}};
  let answer;
  try { answer = await fetch(path, options); }
  catch { return {status: 0, content: {problem: "The server does not answer. Is it still running?"}}; }
  return {status: answer.status, content: await answer.json()};
}
// before a game: the form, filled with what the address holds
async function choose(text = "") {
  view = null; name = "";
  const {status, content} = await ask("/choices");
  if (status !== 200) return say(content.problem);
  const {game, ...wanted} = choosing.read();
  const missing = choosing.fill(content, {...choice, ...wanted});
  choice = choosing.chosen();
  $("title").textContent = "Play with an agent";
  $("game").hidden = true; $("setup").hidden = $("setup-status").hidden = false;
  history.replaceState(null, "", choosing.address(choice));
  say([text, missing].filter(Boolean).join(" ") || "Choose what to play, and begin.");
  $("begin").focus();
}
async function begin() {
  if (busy) return;
  busy = true; say("The partner takes its seat …");
  const {status, content} = await ask("/games", choice);
  busy = false;
  if (status !== 201) { say(content.problem); return; }
  name = content.name;
  const to = choosing.address(choice, name);
  if (to !== location.hash) location.hash = to;
  $("about").open = content.drawn === null || innerWidth > 640;  // or a phone shows no board at first
  show(content, "Round 1: choose an action.");
  $("title").focus();
}
async function load() {
  const {game, ...wanted} = choosing.read();
  choice = {...choice, ...wanted};
  if (!game) return choose();
  name = game;
  const {status, content} = await ask("/games/" + name);
  if (status === 404 || status === 410) return choose("The old game is gone: " + content.problem + ".");
  if (status !== 200) return say(content.problem);
  show(content, content.problem ?? (content.done ? "" : "Welcome back. Round " + content.round + ": choose an action."));
}
async function act(action) {
  if (busy || !view || view.done) return;
  busy = true;
  const {status, content} = await ask("/games/" + name, {action, round: view.round});
  busy = false;
  if (status !== 200) {
    if (content.actions) show(content, content.problem); else say(content.problem);
    return;
  }
  const last = content.history.at(-1);
  const theirs = content.players.filter(p => p !== content.me).map(p => p + " chose " + last.actions[p]).join(", ");
  show(content, "You chose " + last.actions[content.me] + ", " + theirs + ": "
    + number(last.scores[content.me]) + " " + content.unit + ".");
}
const say = text => { $(view ? "status" : "setup-status").textContent = text; };

function show(now, text) {
  view = now;
  $("setup").hidden = $("setup-status").hidden = true; $("game").hidden = false;
  $("title").textContent = view.task + ": you are " + view.me;
  $("rules").textContent = view.rules;
  const score = $("score");
  score.replaceChildren();
  const fact = (label, value) => { const p = element("span", label + " "); p.append(element("b", value)); score.append(p); };
  fact("Partner", view.partner ?? "a surprise");
  fact("Round", Math.min(view.round, view.rounds) + " of " + view.rounds);
  fact("Your " + view.unit, number(view.scores[view.me]) + (view.limit === null ? "" :
    " (" + (view.better === "higher" ? "at most " : "at best ") + number(view.limit) + ")"));
  $("progress").max = view.rounds; $("progress").value = view.history.length;
  $("board").hidden = view.drawn === null;
  if (view.drawn) {
    const {board, frame} = view.drawn, names = view.players.map(player => player === view.me ? "you" : player);
    $("board").replaceChildren(drawBoard(board, frame, {label: "Board: " + inWords(board, frame, names)}));
  }
  const buttons = view.actions.map((action, i) => {
    const button = element("button", undefined, {"data-action": action});
    if (i < 9) button.append(element("kbd", SIGNS[action] ?? String(i + 1), {"aria-hidden": "true"}));
    button.append(action);
    button.onclick = () => act(action);
    return button;
  });
  const focused = document.activeElement?.dataset?.action;
  $("actions").replaceChildren(...buttons);
  if (focused) buttons.find(button => button.dataset.action === focused)?.focus();
  rounds(); beliefs();
  $("again").hidden = !view.done;
  if (view.done) {
    say((text ? text + " " : "") + "The game is over: " + number(view.scores[view.me]) + " " + view.unit + ".");
    if (focused) $("end-title").focus();
  } else say(text);
}
function rounds() {
  const table = $("rounds"), names = others();
  table.replaceChildren();
  if (!view.history.length) { table.append(element("caption", "Nothing played yet.")); return; }
  table.append(row(["Round", "You", ...names, view.unit], "th"));
  view.history.map((step, i) => {
    const got = step.scores[view.me];
    const cell = element("td", number(got), view.better === "higher" && got > 0 ? {class: "good"} : {});
    return row([String(i + 1), step.actions[view.me], ...names.map(p => step.actions[p]), cell]);
  }).reverse().forEach(made => table.append(made));
}
function beliefs() {
  $("end").hidden = !view.done;
  if (!view.done) return;
  $("told").replaceChildren(...view.told.map(sentence => element("li", sentence)));
  const seat = Object.entries(view.in_your_seat).map(([who, score]) => who + " " + number(score));
  $("seat-scores").textContent = seat.length ? "You: " + number(view.scores[view.me]) + " " + view.unit
    + ". In your seat, with the same luck: " + seat.join(", ") + "." : "";
  const table = $("beliefs"), first = view.beliefs.flatMap(Object.values)[0];
  table.replaceChildren();
  if (!first) { $("end-text").textContent = "This agent has no beliefs about anybody."; return; }
  $("end-text").textContent = "Order 0 acts on what it sees, order 1 answers what you would do then, and so on. "
    + "Habits are what you do after what, counted. "
    + "The bars are how likely the agent held each of these before the round.";
  const orders = Object.keys(first.posterior), many = others().length > 1;
  table.append(row(["Round", ...(many ? ["Agent"] : []), ...orders.map(k => /^\d+$/.test(k) ? "Order " + k : k[0].toUpperCase() + k.slice(1)), "Expected", "Did"], "th"));
  view.beliefs.forEach((found, i) => Object.entries(found).forEach(([agent, seen]) => {
    const cells = orders.map(k => {
      const cell = element("td"), box = element("span", undefined, {class: "belief"});
      box.append(element("span", undefined, {class: "bar", "aria-hidden": "true",
        style: "width:" + (3.5 * seen.posterior[k]).toFixed(2) + "rem"}), Math.round(100 * seen.posterior[k]) + " %");
      cell.append(box); return cell;
    });
    const mine = view.history[i].actions[view.me];
    table.append(row([String(i + 1), ...(many ? [agent] : []), ...cells, seen.expected,
      element("td", mine, mine === seen.expected ? {class: "good"} : {})]));
  }));
}
$("again").onclick = begin;
$("other").onclick = () => { location.hash = choosing.address(choice); };
$("setup").addEventListener("submit", event => { event.preventDefault(); choice = choosing.chosen(); begin(); });
choosing.listen(now => { choice = now; history.replaceState(null, "", choosing.address(now)); });
addEventListener("hashchange", () => { if ((choosing.read().game ?? "") !== name || !name) load(); });
const KEYS = {ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right", i: "interact", s: "stay"};
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || !view) return;
  const action = /^[1-9]$/.test(event.key) ? view.actions[Number(event.key) - 1] : KEYS[event.key];
  if (action && view.actions.includes(action)) { event.preventDefault(); act(action); }
});
load();
