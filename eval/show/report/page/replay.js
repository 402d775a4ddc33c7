"use strict";
(() => {
  const tasks = JSON.parse(document.getElementById("replays").textContent);
  const el = (id) => document.getElementById("r-" + id);
  const pick = { task: el("task"), agent: el("agent"), partner: el("partner"), episode: el("episode") };
  const colours = ["var(--one)", "var(--two)", "var(--three)", "var(--four)", "var(--ink)", "var(--muted)"];
  const dashes = ["", "7 3", "2 3", "8 3 2 3", "1 5"];
  const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  let episodes = [], now = null, at = 0, timer = null, loads = 0;

  async function unpack(data) {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }
  function fill(select, values, labels) {
    const before = select.value;
    select.replaceChildren(...values.map((value, i) => new Option(labels ? labels[i] : value, value)));
    if (values.map(String).includes(before)) select.value = before;
  }
  const pairings = () => tasks[pick.task.value].pairings;
  function chooseTask() { fill(pick.agent, [...new Set(pairings().map((p) => p[0]))]); return chooseAgent(); }
  function chooseAgent() {
    fill(pick.partner, pairings().filter((p) => p[0] === pick.agent.value).map((p) => p[1]));
    return choosePartner();
  }
  async function choosePartner() {
    const mine = ++loads;
    const found = pairings().find((p) => p[0] === pick.agent.value && p[1] === pick.partner.value);
    const unpacked = await unpack(found[3]);
    if (mine !== loads) return;
    episodes = unpacked;
    fill(pick.episode, episodes.map((_, i) => i), episodes.map((e) => `${e.n} (score ${e.score})`));
    chooseEpisode();
  }
  function chooseEpisode() {
    pause();
    now = episodes[+pick.episode.value];
    el("step").max = now.actions.length;
    show(0);
  }
  const names = () => tasks[pick.task.value].players.map((_, i) =>
    i === now.seat || pick.partner.value === "self" ? pick.agent.value : pick.partner.value);
  const does = (t, i) => tasks[pick.task.value].actions[i][now.actions[t][i]];

  const kind = (name) => /^\d+$/.test(name) ? `order ${name}` : `one of ${name}`;

  function words(t) {
    const { players } = tasks[pick.task.value];
    if (t === now.actions.length) return `The episode is over after ${t} steps; the agent's score is ${now.score}.`;
    const parts = players.map((player, i) => {
      const mind = now.minds[t][i];
      let text = `${player} (${names()[i]}) does ${does(t, i)}`;
      if (mind) text += `, takes its partner for ${kind(mind[1])}` + (mind[0] === null ? "" : ` and acts at order ${mind[0]}`);
      return text;
    });
    return `Step ${t + 1}: ${parts.join("; ")}. The agent scores ${now.scores[t]}.`;
  }
  function tiles(rows, draw, over) {
    const size = 56, w = rows[0].length * size, h = rows.length * size;
    let out = `<svg viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-label="${escape(over)}">`;
    rows.forEach((row, r) => [...row].forEach((tile, c) => { out += draw(tile, c * size, r * size, size); }));
    return out;
  }
  const box = (x, y, s, fill) => `<rect x="${x}" y="${y}" width="${s}" height="${s}" fill="${fill}" stroke="var(--line)"/>`;
  const label = (x, y, text, fill, size) => `<text x="${x}" y="${y}" text-anchor="middle" dominant-baseline="central" style="fill:${fill};font-size:${size || 20}px;font-weight:700">${escape(text)}</text>`;
  function player(i, r, c, s, held) {
    const x = c * s + s / 2, y = r * s + s / 2;
    return `<circle cx="${x}" cy="${y}" r="19" fill="${colours[i % colours.length]}"/>${label(x, y, i + 1, "var(--on-player)")}` + (held || "");
  }
  function grid(board, frame, over) {
    const goals = {};
    board.rows.forEach((row) => [...row].forEach((tile) => { if (tile === "1") goals[tile] = 2; if (tile === "2") goals[tile] = 1; }));
    let out = tiles(board.rows, (tile, x, y, s) => box(x, y, s, tile === "#" ? "var(--wall)" : "var(--floor)") +
      (goals[tile] ? `<rect x="${x + 5}" y="${y + 5}" width="${s - 10}" height="${s - 10}" fill="none" stroke="${colours[goals[tile] - 1]}" stroke-width="3" stroke-dasharray="5 4"/>` : ""), over);
    for (let i = 0; i < frame.length / 2; i++) out += player(i, frame[2 * i], frame[2 * i + 1], 56);
    return out + "</svg>";
  }
  const marks = { O: "onions", D: "dishes", P: "pot", S: "serve" }, held = ["", "onion", "dish", "soup"];
  const ways = [[-1, 0], [1, 0], [0, -1], [0, 1]];
  function kitchen(board, frame, over) {
    const pots = frame.slice(8);
    const inPot = (pot) => pot === undefined ? "" : pot <= 3 ? `${pot}/3` : pot < board.ready ? `${board.ready - pot}…` : "ready";
    let out = tiles(board.rows, (tile, x, y, s) => box(x, y, s, " 12".includes(tile) ? "var(--floor)" : "var(--soft)") +
      (marks[tile] ? label(x + s / 2, y + s / 2 - (tile === "P" ? 8 : 0), marks[tile], "var(--ink)", 13) : "") +
      (tile === "P" ? label(x + s / 2, y + s / 2 + 11, inPot(pots.shift()), "var(--ink)", 14) : ""), over);
    for (let i = 0; i < 2 && frame.length; i++) {
      const [r, c, facing, thing] = frame.slice(4 * i, 4 * i + 4), s = 56, [dr, dc] = ways[facing];
      const x = c * s + s / 2, y = r * s + s / 2;
      out += `<path d="M ${x + 27 * dc} ${y + 27 * dr} L ${x + 15 * dc + 9 * dr} ${y + 15 * dr + 9 * dc} L ${x + 15 * dc - 9 * dr} ${y + 15 * dr - 9 * dc} Z" fill="${colours[i % colours.length]}"/>`;
      out += player(i, r, c, s, thing ? label(x, y + 24, held[thing], "var(--ink)", 12) : "");
    }
    return out + "</svg>";
  }
  function matrix(board, t) {
    const { players, actions: taken } = tasks[pick.task.value], [rows, columns] = board.actions;
    const chosen = t < now.actions.length ? [does(t, 0), does(t, 1)] : [];
    let out = `<table><caption>${escape(players[0])} chooses the row, ${escape(players[1])} the column; payoffs of both</caption><thead><tr><td></td>`;
    out += columns.map((name) => `<th scope="col">${escape(name)}</th>`).join("") + "</tr></thead><tbody>";
    rows.forEach((row, i) => {
      out += `<tr><th scope="row">${escape(row)}</th>` + columns.map((column, j) =>
        `<td${chosen[0] === row && chosen[1] === column ? ' class="chosen"' : ""}>${board.payoffs[0][i][j]}, ${board.payoffs[1][i][j]}</td>`).join("") + "</tr>";
    });
    return out + "</tbody></table>" + strip(t);
  }
  function shortener(names) {
    let k = 0;
    if (names.length > 1) while (names.every((name) => name.length > k + 1 && name[k] === names[0][k])) k++;
    return (name) => name.slice(k, k + 4);
  }
  function strip(t) {
    const { players, actions } = tasks[pick.task.value], n = now.actions.length, top = Math.max(...now.scores);
    const all = actions.flat(), short = shortener(all), wide = Math.max(...all.map((name) => short(name).length)) > 2 ? 40 : 26;
    let out = `<svg viewBox="0 0 ${n * wide + 2} ${players.length * 26 + 30}" width="${n * wide + 2}" style="max-width:none" role="img" aria-label="The actions so far">`;
    for (let s = 0; s < Math.min(t + 1, n); s++) {
      if (s === t) out += `<rect x="${s * wide + 1}" y="1" width="${wide - 2}" height="${players.length * 26 + 26}" rx="4" fill="none" stroke="var(--ink)" stroke-width="2"/>`;
      players.forEach((_, i) => { out += label((s + 0.5) * wide, i * 26 + 15, short(does(s, i)), colours[i % colours.length], 15); });
      out += label((s + 0.5) * wide, players.length * 26 + 14, now.scores[s] > 0 && now.scores[s] === top ? "✓" : now.scores[s] > 0 ? "·" : "✗", "var(--muted)", 15);
    }
    return out + "</svg>";
  }
  function beliefs(t) {
    const { players } = tasks[pick.task.value], n = now.actions.length, w = 420, h = 190, left = 42, bottom = 30, top = 12;
    const x = (s) => left + (n === 1 ? 0 : (s / (n - 1)) * (w - left - 12)), y = (p) => top + (1 - p) * (h - top - bottom);
    return players.map((name, i) => {
      if (!now.minds[0][i]) return `<p class="note">${escape(name)} (${escape(names()[i])}) holds no belief.</p>`;
      const orders = Object.keys(now.minds[0][i][2]);
      const s = Math.min(t, n - 1), mind = now.minds[s][i];
      let out = `<p><strong>${escape(name)}</strong> (${escape(names()[i])}): what ${escape(now.minds[0][i][3])} is. ` + orders.map((k, j) =>
        `<span style="white-space:nowrap"><svg width="26" height="10" aria-hidden="true"><line x1="0" x2="26" y1="5" y2="5" stroke="${colours[j % colours.length]}" stroke-width="3" stroke-dasharray="${dashes[j % dashes.length]}"/></svg> ${escape(k)}: ${mind[2][k].toFixed(2)}</span>`).join(" ") + "</p>";
      out += `<svg viewBox="0 0 ${w} ${h}" width="${w}" role="img" aria-label="Belief of ${escape(name)} over time">`;
      [0, 0.5, 1].forEach((p) => { out += `<line x1="${left}" x2="${w - 12}" y1="${y(p)}" y2="${y(p)}" stroke="var(--line)"/><text x="${left - 8}" y="${y(p)}" text-anchor="end" dominant-baseline="central">${p}</text>`; });
      out += `<line x1="${x(s)}" x2="${x(s)}" y1="${top}" y2="${h - bottom}" stroke="var(--ink)" stroke-width="2" class="cursor"/>`;
      orders.forEach((k, j) => {
        const points = now.minds.map((m, u) => `${x(u).toFixed(1)},${y(m[i][2][k]).toFixed(1)}`).join(" ");
        out += `<polyline points="${points}" fill="none" stroke="${colours[j % colours.length]}" stroke-width="2.5" stroke-dasharray="${dashes[j % dashes.length]}"/>`;
        out += `<circle cx="${x(s)}" cy="${y(mind[2][k])}" r="${k === mind[1] ? 7 : 4}" fill="${colours[j % colours.length]}" stroke="var(--paper)"/>`;
      });
      return out + `<text x="${(left + w) / 2}" y="${h - 8}" text-anchor="middle">step 1 to ${n}; the large dot is the estimate</text></svg>`;
    }).join("");
  }
  function show(t) {
    if (!now) return;
    at = Math.max(0, Math.min(now.actions.length, t));
    const board = tasks[pick.task.value].board, frame = now.frames[at], text = words(at);
    el("step").value = at;
    el("where").textContent = at < now.actions.length ? `step ${at + 1} of ${now.actions.length}` : "end";
    el("words").textContent = text;
    if (board.kind === "grid") el("board").innerHTML = grid(board, frame, text);
    else if (board.kind === "kitchen") el("board").innerHTML = kitchen(board, frame, text);
    else if (board.kind === "matrix") el("board").innerHTML = matrix(board, at);
    else el("board").innerHTML = (frame ? `<pre>${escape(frame)}</pre>` : "") + strip(at);
    el("beliefs").innerHTML = beliefs(at);
    if (at === now.actions.length) pause();
  }
  function pause() { clearInterval(timer); timer = null; el("play").textContent = "Play"; }
  function toggle() {
    if (timer) return pause();
    if (at === now.actions.length) show(0);
    timer = setInterval(() => show(at + 1), 600);
    el("play").textContent = "Pause";
  }
  if (!Object.keys(tasks).length) {
    document.getElementById("replay").querySelectorAll(".choose, .controls, .stage").forEach((e) => e.remove());
    el("note").textContent = "No episode is kept in this page: it would have grown too large. Use --replays N or a run of its own.";
    return;
  }
  pick.task.addEventListener("change", chooseTask);
  pick.agent.addEventListener("change", chooseAgent);
  pick.partner.addEventListener("change", choosePartner);
  pick.episode.addEventListener("change", chooseEpisode);
  el("step").addEventListener("input", () => show(+el("step").value));
  el("first").addEventListener("click", () => show(0));
  el("back").addEventListener("click", () => { pause(); show(at - 1); });
  el("on").addEventListener("click", () => { pause(); show(at + 1); });
  el("play").addEventListener("click", toggle);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || ["SELECT", "INPUT", "TEXTAREA"].includes(event.target.tagName)) return;
    const box = document.getElementById("replay").getBoundingClientRect();
    if (box.bottom < 0 || box.top > innerHeight) return;
    if (event.target.classList.contains("scrolls") && event.target.scrollWidth > event.target.clientWidth) return;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: Infinity }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    pause();
    show(to);
  });
  const kept = Object.values(tasks).flatMap((task) => task.pairings.map((p) => p[2]));
  el("note").textContent = `${kept.reduce((a, b) => a + b, 0)} of ${el("note").dataset.episodes} episodes can be replayed here.`;
  fill(pick.task, Object.keys(tasks));
  chooseTask();
})();
