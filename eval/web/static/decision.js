// One decision: what its player believed and expected, what it did and what that cost, and for language models
// what was asked, answered and understood.

import { isTrue, likeliest, whoIs } from "./beliefs.js";
import { h, kind, number, percent, whole } from "./dom.js";
import { link } from "./state.js";

function expected(episode, me, other, mind, step) {
  const did = episode.actions[episode.players.indexOf(other)][step], taken = mind.taken[step];
  // who answers an order expects what that order would do
  const expects = mind.expects[step] >= 0 ? mind.expects[step] : mind.by[step][mind.names.indexOf(taken)] ?? -1;
  const policy = expects < 0 ? null : episode.policies[expects], right = taken !== null && isTrue(episode, other, taken, step);
  const share = policy?.[did] ?? 0;
  return h("p", {}, `It took ${other} for `, h("strong", {}, taken === null ? "nobody it knows" : kind(taken)), right ? " (✓ true)" : "",
    policy ? [" and expected ", h("strong", {}, likeliest(policy)), `; ${other} did `, h("strong", {}, did), `, to which it had given ${percent(share)}.`] : `; ${other} did ${did}.`);
}

function contracts(mind, step) {
  return ["contract", "change"].map((name) => {
    const found = mind[name]?.[step];
    if (!found) return null;
    const words = Object.entries(found).map(([key, value]) => `${key.replaceAll("_", " ")}: ${typeof value === "object" ? JSON.stringify(value) : value}`).join("; ");
    return h("p", { class: "note" }, `${name}: ${words}`);
  });
}

function spent(usage) {
  if (!usage) return null;
  const words = [`${whole(usage.calls)} call${usage.calls === 1 ? "" : "s"}`, `${whole(usage.prompt_tokens)} tokens there`, `${whole(usage.completion_tokens)} back`, `${number(usage.seconds, 2)} s`];
  if (usage.cache_hits) words.push(`${whole(usage.cache_hits)} from the memo`);
  if (usage.repairs) words.push(`asked again ${usage.repairs} times`);
  if (usage.truncated) words.push(`${usage.truncated} replies cut off`);
  words.push(usage.cost === null || usage.cost === undefined ? "price unknown" : `${number(usage.cost, 5)} US dollars`);
  return h("p", { class: "note" }, `Language models: ${words.join(", ")}.`);
}

function policyBars(policy) {
  const entries = Object.entries(policy);
  if (!entries.length) return h("p", { class: "bad-words" }, "Nothing was understood.");
  return h("table", { class: "beliefs understood" }, h("caption", { class: "unseen" }, "What was understood"), h("tbody", {}, entries.map(([action, p]) => {
    const fill = h("span", { class: "fill line-1" });
    fill.style.width = `${100 * p}%`;
    return h("tr", {}, h("th", { scope: "row" }, action), h("td", { class: "wide-bar" }, h("span", { class: "track", "aria-hidden": "true" }, fill)), h("td", { class: "figure" }, percent(p)));
  })));
}

function question(episode, one) {
  const cost = `${one.model}, ${one.memo ? "from the memo" : `${whole(one.prompt_tokens ?? 0)} tokens there, ${whole(one.completion_tokens ?? 0)} back, ${number(one.seconds ?? 0, 2)} s`}`;
  return h("article", { class: "question" },
    h("h3", {}, `Asked for ${one.player}: ${one.purpose}`), h("p", { class: "note" }, cost),
    one.messages.map(([role, text]) => h("details", { open: role !== "system" }, h("summary", {}, role === "system" ? "Instructions (system)" : role === "user" ? "Prompt (user)" : `Message (${role})`),
      h("pre", { class: "said", tabindex: 0, role: "region", "aria-label": `Message of the role ${role}` }, episode.texts[text]))),
    h("h4", {}, "Reply"), one.reply ? h("pre", { class: "said reply", tabindex: 0, role: "region", "aria-label": "Reply" }, one.reply) : h("p", { class: "note" }, "none"),
    h("h4", {}, "Understood as"), policyBars(one.result), one.problem ? h("p", { class: "bad-words" }, `✗ ${one.problem}`) : null);
}

export function decisionPanel(episode, step, i, state, id = "decision") {
  const me = episode.players[i], note = episode.notes[step]?.[me] ?? {};
  const asked = episode.questions.filter((one) => one.step === step);
  const own = asked.filter((one) => one.player === me), others = asked.filter((one) => one.player !== me);
  const order = episode.orders[i][step], minds = Object.entries(episode.minds[i]);
  return h("section", { class: "decision", "aria-labelledby": id },
    h("div", { class: "between" }, h("h2", { id, tabindex: -1 }, `Step ${step + 1}: ${whoIs(episode, i)} does ${episode.actions[i][step]}`), h("a", { class: "button", href: link({ ...state, player: "" }) }, "Close")),
    minds.map(([other, mind]) => [expected(episode, me, other, mind, step), contracts(mind, step)]),
    minds.length ? null : h("p", {}, "It predicted nobody."),
    h("p", {}, order === null ? "It acted at no order of its own" : `It acted at order ${order}`, `, and the step brought it ${number(episode.points[i][step], 1)}.`),
    note.overruled ? h("p", {}, h("span", { class: "badge" }, "gate"), ` Overruled: ${typeof note.overruled === "object" ? JSON.stringify(note.overruled) : note.overruled}.`) : null,
    note.gap === undefined ? null : h("p", { class: "note" }, `Gap between belief and action: ${number(note.gap, 3)}.`),
    (note.degraded ?? []).map((reason) => h("p", { class: "bad-words" }, `✗ degraded: ${reason}`)), spent(note.usage),
    own.map((one) => question(episode, one)),
    others.length ? h("details", {}, h("summary", {}, `${others.length} more questions in this step, for others`), others.map((one) => question(episode, one))) : null,
    note.usage?.calls && !asked.length ? h("p", { class: "note" }, "What was asked and answered was not kept (--no-transcripts).") : null);
}
