// Elements, words and requests. Data becomes text and attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

export const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export const WORDS = {
  pass: "pass", fail: "fail", not_evaluated: "not evaluated", not_applicable: "not applicable", no_evidence: "no evidence",
  no_population: "nothing to judge", not_begun: "no run yet", missed: "missed runs", damaged: "damaged bundle",
  not_in_catalogue: "not in the catalogue", future: "still to come",
  "least-privilege": "Least Privilege", "defence-in-depth": "Defence in Depth", "secure-by-default": "Secure by Default",
  accountability: "Accountability", "continuous-improvement": "Continuous Improvement",
  security: "Security", availability: "Availability", confidentiality: "Confidentiality",
  "processing-integrity": "Processing Integrity", privacy: "Privacy",
};
export const words = (word) => WORDS[word] ?? word;
export const number = (value) => value.toLocaleString("en");
export const when = (instant) => `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;

export function span(seconds) {
  for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (seconds >= length * 2 || (seconds >= length && unit === "minute")) {
      const count = Math.floor(seconds / length);
      return `${count} ${unit}${count === 1 ? "" : "s"}`;
    }
  }
  return "under a minute";
}

// A state as a word with its mark: a colour never stands alone.
export const state = (word, why) =>
  el("span", { class: `state state-${word}` }, words(word), why ? ` (${words(why)})` : null);

export const severity = (word) => el("span", { class: `severity severity-${word}` }, word);

// An address of this page: a view with its filters.
export function link(view, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) if (one) query.append(name, one);
  }
  const text = query.toString();
  return `#/${view}${text ? `?${text}` : ""}`;
}

export class Refused extends Error {}

// Asks the API. The browser keeps bodies with their tags and asks whether they still hold.
export async function ask(path, query) {
  const text = query?.toString() ?? "";
  let response;
  try {
    response = await fetch(text ? `${path}?${text}` : path, { headers: { Accept: "application/json" } });
  } catch {
    throw new Refused("The server does not answer.");
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(body?.detail ?? `The server answered ${response.status}.`);
  return body;
}

// A table with a caption and headed columns. A cell is text, a node, or {node, number: true}; the first of a row heads it.
export function table(caption, heads, rows, empty) {
  if (rows.length === 0) return el("p", { class: "faint" }, empty ?? "There are none.");
  const head = (one) => el("th", { scope: "col", class: one.number ? "number" : null }, one.text ?? one);
  const cell = (one, index) => {
    const isNumber = heads[index]?.number;
    const content = typeof one === "number" ? number(one) : one;
    return index === 0
      ? el("th", { scope: "row" }, content)
      : el("td", { class: isNumber ? "number" : null, "data-head": heads[index]?.text ?? heads[index] }, content);
  };
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, heads.map(head))),
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cell))))));
}

export const figures = (...names) => names.map((text) => ({ text, number: true }));

// A list of pairs.
export const facts = (pairs) =>
  el("dl", {}, pairs.filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
