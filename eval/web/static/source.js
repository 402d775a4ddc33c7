// Where the data come from: the server that served this page, or the page itself, where it is one file.

const held = document.getElementById("data");
const page = held ? JSON.parse(held.textContent) : null;
const { content: program } = document.querySelector("meta[name=program]");
const known = new Map();
const name = (run, task, agent, partner) => JSON.stringify([run, task, agent, partner]);
const pairings = new Map((page?.pairings ?? []).map(([run, task, agent, partner, data]) => [name(run, task, agent, partner), data]));

export const isOneFile = page !== null;
export const start = page?.start ?? "";

async function asked(path, query = {}) {
  const address = `/api/${path}?${new URLSearchParams(query)}`;
  let answer;
  try {
    answer = await fetch(address);
  } catch {
    throw new Error(`The server does not answer. Is ${program} view still running?`);
  }
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.problem);
  return content;
}

async function unpacked(data) {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

// what was asked for once is not asked for again, but for the last few hundred only
function remembered(name, make) {
  if (!known.has(name)) {
    if (known.size > 300) known.delete(known.keys().next().value);
    const promise = make();
    known.set(name, promise);
    promise.catch(() => known.delete(name));
  }
  return known.get(name);
}

const query = (key) => ({ task: key.task, agent: key.agent, partner: key.partner });
const named = (run, key) => name(run, key.task, key.agent, key.partner);

function packed(run, key) {
  const found = pairings.get(named(run, key));
  if (!found) throw new Error(`No episode of ${key.agent} with ${key.partner} on ${key.task} is in this page.`);
  return remembered(`pack ${named(run, key)}`, () => unpacked(found));
}

export const runs = () => (page ? page.runs : asked("runs"));

export function overview(run) {
  if (page && !page.overviews[run]) throw new Error(`There is no run ${run} in this page.`);
  return page ? page.overviews[run] : remembered(`run ${run}`, () => asked("overview", { run }));
}

// a large run is shown before all of its episodes have been looked at; true once the overview is another one for it
export async function verified(run) {
  if (page) return false;
  const found = await overview(run);
  if (found.verified) return false;
  const damaged = await remembered(`damage ${run}`, () => asked("damage", { run }));
  if (!damaged) {
    found.verified = true;
    return false;
  }
  known.clear();
  return true;
}

export async function cell(run, key) {
  if (page) return (await packed(run, key)).cell;
  return remembered(`cell ${named(run, key)}`, () => asked("cell", { run, ...query(key) }));
}

export async function episode(run, key, number) {
  if (!page) {
    return remembered(`episode ${number} ${named(run, key)}`, () => asked("episode", { run, ...query(key), episode: number }));
  }
  const found = (await packed(run, key)).episodes[number];
  if (found) return found;
  const { file } = page.runs.find((one) => one.id === run);
  throw new Error(`Episode ${number} was left out to keep this page small; ${program} view ${file} shows every one.`);
}

export function comparison(first, second) {
  if (page) return page.comparisons[`${first} ${second}`] ?? null;
  return remembered(`${first} beside ${second}`, () => asked("comparison", { first, second }));
}
