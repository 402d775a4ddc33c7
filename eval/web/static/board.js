// Boards: one renderer for games that are played, replayed, reported and explored. What does not change is
// `board` ({kind, rows, actions, payoffs, ready}), what does is `frame`; both come from eval/tasks/boards.py.

import { h, svg } from "./dom.js";

const SIZE = 56;
const WAYS = [[-1, 0], [1, 0], [0, -1], [0, 1]];
const THINGS = ["", "onion", "dish", "soup"];

export function drawBoard(board, frame, { label, players = [], chosen = [] }) {
  if (board.kind === "grid" && frame) return grid(board, frame, label);
  if (board.kind === "kitchen" && frame) return kitchen(board, frame, label);
  if (board.kind === "matrix") return payoffs(board, players, chosen);
  return frame ? h("pre", { class: "board-words" }, frame) : null;
}

export const colour = (i) => `player-${(i % 6) + 1}`;

function tiles(rows, label, draw) {
  const [w, height] = [rows[0].length * SIZE, rows.length * SIZE];
  const drawn = rows.flatMap((row, r) => [...row].map((tile, c) => draw(tile, c * SIZE, r * SIZE, r, c)));
  return svg("svg", { viewBox: `0 0 ${w} ${height}`, width: w, height, role: "img", "aria-label": label, class: "board" }, drawn);
}

const box = (x, y, name) => svg("rect", { x: x + 1, y: y + 1, width: SIZE - 2, height: SIZE - 2, rx: 6, class: name });
const disc = (cx, cy, r, name) => svg("circle", { cx, cy, r, class: name });

function word(x, y, text, name = "tile-word") {
  return svg("text", { x, y, "text-anchor": "middle", "dominant-baseline": "central", class: name }, String(text));
}

function man(i, r, c) {
  const [x, y] = [(c + 0.5) * SIZE, (r + 0.5) * SIZE];
  return svg("g", {}, disc(x, y, 19, `disc ${colour(i)}`), word(x, y, i + 1, "disc-number"));
}

// a tile named by a player's number is where it begins, and the other's goal
function grid(board, frame, label) {
  const goal = { 1: 1, 2: 0 };
  const picture = tiles(board.rows, label, (tile, x, y) => {
    const own = [box(x, y, tile === "#" ? "wall" : "floor")];
    if (tile in goal) {
      own.push(svg("rect", { x: x + 5, y: y + 5, width: SIZE - 10, height: SIZE - 10, rx: 5, class: `goal ${colour(goal[tile])}` }));
      own.push(word(x + SIZE / 2, y + 13, `goal ${goal[tile] + 1}`, "tile-word small"));
    }
    return own;
  });
  for (let i = 0; i < frame.length / 2; i++) picture.append(man(i, frame[2 * i], frame[2 * i + 1]));
  return picture;
}

function onion(x, y) {
  return disc(x, y, 8, "onion");
}

const STATIONS = {
  O: (x, y) => [onion(x - 9, y + 3), onion(x + 9, y + 3), onion(x, y - 9), word(x, y + 19, "onions", "tile-word small")],
  D: (x, y) => [4, -2, -8].map((dy) => svg("ellipse", { cx: x, cy: y + dy, rx: 17, ry: 7, class: "dish" })).concat(word(x, y + 19, "dishes", "tile-word small")),
  S: (x, y) => [word(x, y, "serve")],
};

function pot(x, y, state, ready) {
  const around = [0, 1, 2].map((i) => [x + 10 * Math.sin((i * 2 * Math.PI) / 3), y - 10 * Math.cos((i * 2 * Math.PI) / 3)]);
  const inside = state <= 3
    ? around.map(([cx, cy], i) => disc(cx, cy, 7, i < state ? "onion" : "no-onion"))
    : [disc(x, y, 17, "soup"), word(x, y, state < ready ? ready - state : "✓", "disc-number")];
  return [disc(x, y, 24, "pot"), ...inside];
}

function kitchen(board, frame, label) {
  const pots = frame.slice(8);
  const picture = tiles(board.rows, label, (tile, x, y) => {
    const [cx, cy] = [x + SIZE / 2, y + SIZE / 2];
    const own = [box(x, y, " 12".includes(tile) ? "floor" : tile === "S" ? "serve" : "counter")];
    if (tile === "P") own.push(...pot(cx, cy, pots.shift() ?? 0, board.ready));
    return own.concat(STATIONS[tile]?.(cx, cy) ?? []);
  });
  if (!frame.length) {
    const [x, y] = [(board.rows[0].length * SIZE) / 2, (board.rows.length * SIZE) / 2];
    picture.append(svg("rect", { x: x - 62, y: y - 20, width: 124, height: 40, rx: 10, class: "served" }), word(x, y, "served", "disc-number"));
  }
  for (let i = 0; i < 2 && frame.length; i++) picture.append(cook(i, ...frame.slice(4 * i, 4 * i + 4)));
  return picture;
}

function cook(i, r, c, facing, thing) {
  const [x, y] = [(c + 0.5) * SIZE, (r + 0.5) * SIZE];
  const [dr, dc] = WAYS[facing];
  const corner = (ahead, aside) => `${x + ahead * dc + aside * dr} ${y + ahead * dr + aside * dc}`;
  const nose = svg("path", { d: `M ${corner(27, 0)} L ${corner(14, 9)} L ${corner(14, -9)} Z`, class: `disc ${colour(i)}` });
  const held = thing ? [disc(x - 15 * dc + 15 * Math.abs(dr), y - 15 * dr + 15 * Math.abs(dc), 9, THINGS[thing])] : [];
  return svg("g", {}, nose, man(i, r, c), held);
}

function payoffs(board, players, chosen) {
  const [rows, columns] = board.actions;
  const head = h("tr", {}, h("td"), columns.map((name) => h("th", { scope: "col" }, name)));
  const body = rows.map((row, i) => h("tr", {}, h("th", { scope: "row" }, row), columns.map((column, j) => {
    const here = chosen[0] === row && chosen[1] === column;
    return h("td", { class: here ? "chosen" : null }, `${board.payoffs[0][i][j]}, ${board.payoffs[1][i][j]}`);
  })));
  return h("table", { class: "payoffs" },
    h("caption", {}, `${players[0]} chooses the row, ${players[1]} the column; points of both`),
    h("thead", {}, head), h("tbody", {}, body));
}

// what a board shows, for those who do not see it
export function inWords(board, frame, players) {
  if (!frame) return "";
  if (board.kind === "grid") return players.map((name, i) => `${name} at row ${frame[2 * i] + 1}, column ${frame[2 * i + 1] + 1}`).join("; ");
  if (board.kind !== "kitchen") return "";
  if (!frame.length) return "the soup is served";
  const cooks = players.map((name, i) => {
    const [r, c, , thing] = frame.slice(4 * i, 4 * i + 4);
    return `${name} at row ${r + 1}, column ${c + 1}${thing ? ` with ${THINGS[thing]}` : ""}`;
  });
  const inPots = frame.slice(8).map((state) => (state <= 3 ? `${state} of 3 onions in the pot` : state < board.ready ? "soup is cooking" : "soup is ready"));
  return [...cooks, ...inPots].join("; ");
}
