// What to play: task, partner, seat and seed, as a form whose content stands in the address.

import { h } from "./dom.js";

const $ = (id) => document.getElementById(id);
const KEYS = ["task", "partner", "seat", "seed"];
let offer = null;

// the address holds the game's name and what was chosen, so that a link to a game that is gone still holds the choice
export function read() {
  const text = location.hash.slice(1);
  if (text && !text.includes("=")) return { game: text };
  const given = Object.fromEntries([...new URLSearchParams(text)].filter(([key]) => key === "game" || KEYS.includes(key)));
  if (given.seat || given.task) given.seat = given.seat ? Number(given.seat) : null;  // in turn where a link names none
  if (given.seed) given.seed = Number(given.seed);
  return given;
}

export function address(choice, game = "") {
  const kept = new URLSearchParams(game ? { game } : {});
  for (const key of KEYS) if (choice[key] !== null && choice[key] !== undefined && choice[key] !== "") kept.set(key, choice[key]);
  return `#${kept}`;
}

export function chosen() {
  const seed = $("seed").value.trim();
  return { task: $("task").value, partner: $("partner").value, seat: $("seat").value ? Number($("seat").value) : null, seed: /^\d+$/.test(seed) ? Number(seed) : seed };
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;
const task = () => offer.tasks.flatMap((group) => group.names).find((one) => one.name === $("task").value);

function grouped(groups, fits, value) {
  const kept = groups.map(({ group, names }) => ({ group, names: names.filter(fits) })).filter(({ names }) => names.length);
  return kept.map(({ group, names }) => h("optgroup", { label: group }, names.map(({ name }) => h("option", { value: name, selected: name === value }, name))));
}

// the partners and seats of the task, with what was chosen before where it is still there
function follow(partner, seat) {
  const { players, partners, summary } = task();
  $("partner").replaceChildren(...grouped(offer.partners, ({ name }) => partners.includes(name), partner));
  $("seat").replaceChildren(h("option", { value: "" }, "in turn"), ...players.map((player, i) => h("option", { value: i + 1, selected: String(i + 1) === String(seat ?? "") }, player)));
  $("task-words").textContent = sentence(summary);
  describe();
}

function describe() {
  const group = offer.partners.find(({ names }) => names.some(({ name }) => name === $("partner").value));
  const found = group?.names.find(({ name }) => name === $("partner").value);
  $("partner-words").textContent = found ? `${sentence(group.group)} ${sentence(found.summary)}` : "";
}

// fills the form; what the address asks for and is not on offer is said
export function fill(offered, wanted) {
  offer = offered;
  $("seed").max = offer.most_seed;
  const choice = { ...offer.first, ...wanted }, names = offer.tasks.flatMap((group) => group.names.map(({ name }) => name));
  const known = names.includes(choice.task) ? choice.task : offer.first.task;
  $("task").replaceChildren(...grouped(offer.tasks, () => true, known));
  $("seed").value = choice.seed;
  follow(choice.partner, choice.seat);
  const made = chosen();
  const missing = KEYS.filter((key) => choice[key] !== null && String(choice[key]) !== String(made[key] ?? ""));
  return missing.map((key) => `The ${key} ${choice[key]} of the link is not on offer here.`).join(" ");
}

export function listen(changed) {
  $("task").addEventListener("change", () => follow($("partner").value, $("seat").value));
  $("partner").addEventListener("change", describe);
  $("setup").addEventListener("change", () => changed(chosen()));
}
