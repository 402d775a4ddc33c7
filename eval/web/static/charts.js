// The few charts that no table can be: lines over steps, means with intervals, scores of episodes.

import { h, number, svg } from "./dom.js";

export const line = (i) => `line-${(i % 6) + 1}`;

const nice = (span) => {
  const step = 10 ** (Math.floor(Math.log10(span || 1)) - 1);
  return [1, 2, 5, 10, 20, 50].map((k) => k * step).find((candidate) => span / candidate <= 4) ?? step;
};

function ticks(low, high) {
  const step = nice(high - low), first = Math.ceil(low / step - 1e-9) * step;
  return Array.from({ length: Math.floor((high - first) / step + 1e-9) + 1 }, (_, i) => first + i * step);
}

// text keeps its size where a chart is drawn small, since the drawing itself is then narrower
const wide = () => (innerWidth < 700 ? 360 : 560);

const short = (value) => String(Number(value.toPrecision(4)));

// A line for each of `series` ({name, values, errors?}); `cursor` marks a step, and `onstep` is told which one
// is pointed at. Its readings are in the table or the bars beside it, so it is one picture to a screen reader.
export function lines({ series, label, low, high, cursor = null, onstep = null, unit = "step", height = 190 }) {
  const [w, left, right, top, bottom] = [wide(), 44, 12, 10, 34];
  const n = Math.max(...series.map((one) => one.values.length));
  const x = (i) => left + (n < 2 ? 0 : (i / (n - 1)) * (w - left - right));
  const y = (value) => top + (1 - (value - low) / (high - low || 1)) * (height - top - bottom);
  const picture = svg("svg", { viewBox: `0 0 ${w} ${height}`, role: "img", "aria-label": label, class: "chart" });
  for (const value of ticks(low, high)) {
    picture.append(svg("line", { x1: left, x2: w - right, y1: y(value), y2: y(value), class: "rule" }),
      svg("text", { x: left - 8, y: y(value), "text-anchor": "end", "dominant-baseline": "central" }, short(value)));
  }
  for (const i of ticks(1, n).filter(Number.isInteger)) {
    picture.append(svg("text", { x: x(i - 1), y: height - bottom + 14, "text-anchor": "middle" }, String(i)));
  }
  picture.append(svg("text", { x: (left + w) / 2, y: height - 5, "text-anchor": "middle", class: "axis" }, unit));
  series.forEach((one, j) => picture.append(...drawn(one, line(j), x, y)));
  if (cursor !== null) {
    const at = Math.min(cursor, n - 1);
    picture.append(svg("line", { x1: x(at), x2: x(at), y1: top, y2: height - bottom, class: "cursor" }));
    series.forEach((one, j) => one.values[at] !== null && picture.append(svg("circle", { cx: x(at), cy: y(one.values[at]), r: 4.5, class: `dot ${line(j)}` })));
  }
  const readings = hover(picture, n, (event) => (event.offsetX / picture.clientWidth) * w, { left, right, w }, series, unit);
  if (onstep) picture.addEventListener("click", (event) => onstep(readings.index(event)));
  return h("div", { class: "charted" }, picture, readings.node);
}

function drawn(one, name, x, y) {
  const points = one.values.map((value, i) => (value === null ? null : [x(i), y(value)])).filter(Boolean);
  const path = (some) => some.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" ");
  const made = [];
  if (one.errors) {
    const edge = (sign) => one.values.map((value, i) => [x(i), y(value + sign * one.errors[i])]);
    made.push(svg("polygon", { points: path([...edge(1), ...edge(-1).reverse()]), class: `band ${name}` }));
  }
  return [...made, svg("polyline", { points: path(points), class: `drawn ${name}` })];
}

function hover(picture, n, where, { left, right, w }, series, unit) {
  const index = (event) => Math.max(0, Math.min(n - 1, Math.round(((where(event) - left) / (w - left - right)) * (n - 1))));
  const node = h("p", { class: "reading", "aria-hidden": "true" });
  picture.addEventListener("pointermove", (event) => {
    const i = index(event);
    node.textContent = `${unit} ${i + 1}: ${series.map((one) => `${one.name} ${number(one.values[i])}`).join(", ")}`;
  });
  picture.addEventListener("pointerleave", () => { node.textContent = ""; });
  return { index, node };
}

// A row for each of `rows` ({mean, low, high}) on one scale; the row's own words stand in the table around it.
export function whisker(found, low, high, zero = false) {
  const x = (value) => `${(100 * (value - low)) / (high - low || 1)}%`;
  const picture = svg("svg", { class: "whisker", "aria-hidden": "true", focusable: "false" });
  if (zero) picture.append(svg("line", { x1: x(0), x2: x(0), y1: "0", y2: "100%", class: "rule" }));
  if (found.low !== null) picture.append(svg("line", { x1: x(found.low), x2: x(found.high), y1: "50%", y2: "50%", class: "reach" }));
  picture.append(svg("circle", { cx: x(found.mean), cy: "50%", r: 5, class: "estimate" }));
  return picture;
}

export function scale(found, zero = false) {
  const ends = found.flatMap((one) => [one.low ?? one.mean, one.high ?? one.mean]).concat(zero ? [0] : []);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = (high - low || 1) * 0.06;
  return [low - room, high + room];
}

// How often each score was reached; the table of episodes beside it has every one.
export function histogram(scores, { label, unit, bins = 24 }) {
  const [w, height, bottom] = [wide(), 120, 30];
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const count = Math.min(bins, new Set(scores).size), width = (high - low) / count || 1;
  const counts = new Array(count).fill(0);
  for (const score of scores) counts[Math.min(count - 1, Math.floor((score - low) / width))]++;
  const top = Math.max(...counts), each = (w - 20) / count;
  const bars = counts.map((n, i) => {
    const tall = (n / top) * (height - bottom - 18);
    const from = low + i * width;
    return svg("g", {}, svg("title", {}, `${short(from)} to ${short(from + width)}: ${n}`),
      svg("rect", { x: 10 + i * each + 1, y: height - bottom - tall, width: Math.max(1, each - 2), height: tall, rx: 2, class: "bar-score" }),
      n && each > 16 ? svg("text", { x: 10 + (i + 0.5) * each, y: height - bottom - tall - 7, "text-anchor": "middle" }, String(n)) : []);
  });
  const ends = [[10, "start", low], [w - 10, "end", high]].map(([x, anchor, value]) =>
    svg("text", { x, y: height - bottom + 15, "text-anchor": anchor }, short(value)));
  return svg("svg", { viewBox: `0 0 ${w} ${height}`, role: "img", "aria-label": label, class: "chart" }, bars, ends,
    svg("text", { x: w / 2, y: height - 4, "text-anchor": "middle", class: "axis" }, unit));
}
