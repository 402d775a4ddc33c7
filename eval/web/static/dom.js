// Elements from data. Text always becomes a text node, so that no name or reply is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

function filled(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function h(tag, properties = {}, ...children) {
  return filled(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), properties, children);
}

export const hidden = (text) => h("span", { class: "unseen" }, text);

export function number(value, digits = 2) {
  if (value === null || value === undefined) return "?";
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}

export const whole = (value) => Math.round(value).toLocaleString("en");

export function percent(share) {
  if (share === null || share === undefined) return "?";
  if (share > 0 && share < 0.001) return "<0.1 %";
  return `${Number((share > 0.999 && share < 1 ? 99.9 : 100 * share).toFixed(1))} %`;
}

// "52.10 [50.92, 53.28]", "‡" behind where a few values make the spread, "[?]" where it is unknown
export function interval(found, digits = 2) {
  const ends = found.low === null ? "[?]" : `[${number(found.low, digits)}, ${number(found.high, digits)}]${found.rare ? "‡" : ""}`;
  return `${number(found.mean, digits)} ${ends}`;
}

// a long name may be broken after the signs that join its parts
export const breakable = (name) => name.split(/(?<=[:@/])/).flatMap((part, i) => (i ? [h("wbr"), part] : [part]));

export const kind = (name) => (/^\d+$/.test(name) ? `order ${name}` : name);
