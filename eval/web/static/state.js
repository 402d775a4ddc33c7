// The whole state of the page stands behind the # of its address, so that a link shows what its sender saw.

const KEYS = ["run", "beside", "view", "task", "agent", "partner", "episode", "step", "player", "show", "find", "only", "sort"];
const DEEPER = { run: KEYS.slice(2), task: KEYS.slice(4, 9), agent: KEYS.slice(6, 9), partner: KEYS.slice(6, 9), episode: ["step", "player"] };

export function read() {
  const given = new URLSearchParams(location.hash.slice(1));
  return Object.fromEntries(KEYS.filter((key) => given.get(key)).map((key) => [key, given.get(key)]));
}

export function link(state) {
  const kept = new URLSearchParams();
  for (const key of KEYS) if (state[key] !== undefined && state[key] !== null && state[key] !== "") kept.set(key, state[key]);
  return `#${kept}`;
}

// the state after a change; what lies deeper than what was changed is forgotten unless it is given
export function changed(state, changes) {
  const next = { ...state };
  for (const key of Object.keys(changes)) for (const deeper of DEEPER[key] ?? []) delete next[deeper];
  return { ...next, ...changes };
}

export function go(state, { replace = false } = {}) {
  const to = link(state);
  if (replace) {
    history.replaceState(null, "", to);
    return;
  }
  if (to === location.hash) dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = to;
}

export function viewOf(state) {
  if (state.view) return state.view;
  if (state.task && state.agent && state.partner) return state.episode === undefined ? "cell" : "episode";
  return "overview";
}
