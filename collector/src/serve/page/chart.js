// Charts as SVG. What a chart says stands beside it as text or as a table.

import { el, svg, words, when, number, table, figures } from "./dom.js";

const VERDICTS = ["fail", "not_evaluated", "pass", "not_applicable"];

// Patterns for states, once a page: hatched is no evidence, dotted is not evaluated.
export function patterns() {
  return svg("svg", { class: "patterns", "aria-hidden": "true", width: "0", height: "0" },
    svg("defs", {},
      svg("pattern", { id: "hatch", width: "8", height: "8", patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svg("rect", { width: "8", height: "8", class: "ground" }), svg("rect", { width: "3", height: "8", class: "stripe" })),
      svg("pattern", { id: "dots", width: "6", height: "6", patternUnits: "userSpaceOnUse" },
        svg("rect", { width: "6", height: "6", class: "dot-ground" }), svg("circle", { cx: "3", cy: "3", r: "1.4", class: "dot" }))));
}

// Verdicts side by side. The figures stand in the same row.
export function bar(counts) {
  const total = VERDICTS.reduce((sum, verdict) => sum + counts[verdict], 0);
  if (total === 0) return el("span", { class: "faint" }, "nothing judged");
  let at = 0;
  const parts = VERDICTS.filter((verdict) => counts[verdict] > 0).map((verdict) => {
    const width = Math.max((counts[verdict] / total) * 100, 0.6);
    const rect = svg("rect", { x: at, y: 0, width, height: 10, class: `fill-${verdict}` });
    at += width;
    return rect;
  });
  return svg("svg", { class: "bar", viewBox: `0 0 ${Math.max(at, 100)} 10`, preserveAspectRatio: "none", "aria-hidden": "true" }, parts);
}

const HEIGHTS = { fail: 1, not_evaluated: 0.8, no_evidence: 0.8, pass: 0.55, not_applicable: 0.3, no_population: 0.3 };

// A control in one stream over time: a list in which each stretch has its words.
export function timeline(from, to, stream) {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const at = (instant) => ((Date.parse(instant) - start) / (end - start)) * 1000;
  const told = (interval) =>
    `${words(interval.state)}${interval.why ? ` (${words(interval.why)})` : ""} from ${when(interval.from)} to ${when(interval.to)}`;
  const parts = stream.intervals.map((interval) => {
    const [x, height] = [at(interval.from), 40 * HEIGHTS[interval.state]];
    return svg("g", { role: "listitem", "aria-label": told(interval) },
      svg("title", {}, told(interval)),
      svg("rect", { x, y: 40 - height, width: Math.max(at(interval.to) - x, 2), height, class: `fill-${interval.state}` }));
  });
  return svg("svg", { class: "timeline", viewBox: "0 0 1000 40", preserveAspectRatio: "none", role: "list", "aria-label": `Timeline in ${stream.stream}` }, parts);
}

export function legend(...states) {
  return el("ul", { class: "legend", "aria-label": "Legend" }, states.map((state) => el("li", {},
    svg("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" },
      svg("rect", { x: 0, y: 14 - 14 * HEIGHTS[state], width: 14, height: 14 * HEIGHTS[state], class: `fill-${state}` })), words(state))));
}

// Failures and what could not be evaluated, over time; hatched where some stream had no evidence.
export function trend(told) {
  const { points } = told;
  if (points.length === 0) return el("p", { class: "faint" }, "No run was made in this time.");
  const [width, height, left, bottom] = [720, 220, 48, 24];
  const [start, end] = [Date.parse(told.from), Date.parse(told.to)];
  const most = Math.max(1, ...points.map((point) => Math.max(point.counts.fail, point.counts.not_evaluated)));
  const x = (instant) => left + ((Date.parse(instant) - start) / (end - start)) * (width - left - 8);
  const y = (value) => 8 + (1 - value / most) * (height - bottom - 8);
  const until = (index) => (index + 1 < points.length ? points[index + 1].at : told.to);
  const unknown = points.map((point, index) => point.unknown > 0
    ? svg("rect", { x: x(point.at), y: 8, width: Math.max(x(until(index)) - x(point.at), 1), height: height - bottom - 8, class: point.known === 0 ? "fill-no_evidence" : "fill-no_evidence partly" })
    : null);
  const line = (verdict) => {
    let path = "";
    points.forEach((point, index) => {
      if (point.known === 0) { path += " "; return; }
      const begins = index === 0 || points[index - 1].known === 0;
      path += `${begins ? "M" : "L"}${x(point.at).toFixed(1)} ${y(point.counts[verdict]).toFixed(1)}L${x(until(index)).toFixed(1)} ${y(point.counts[verdict]).toFixed(1)}`;
    });
    return svg("path", { d: path, class: `line-${verdict}`, fill: "none" });
  };
  const ticks = [0, most].map((value) => svg("g", { class: "tick" },
    svg("line", { x1: left, x2: width - 8, y1: y(value), y2: y(value) }),
    svg("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, number(value))));
  const days = [[left, "start", told.from], [width - 8, "end", told.to]].map(([at, anchor, instant]) =>
    svg("text", { class: "day", x: at, y: height - 6, "text-anchor": anchor }, instant.slice(0, 10)));
  const rows = points.slice().reverse().map((point) => [when(point.at), point.counts.fail, point.counts.not_evaluated, point.counts.pass, point.unknown]);
  const last = points[points.length - 1];
  const said = `From ${when(told.from)} to ${when(told.to)}. At the end ${number(last.counts.fail)} fail and ${number(last.counts.not_evaluated)} could not be evaluated${last.unknown ? `; ${last.unknown} of ${last.unknown + last.known} streams have no evidence` : ""}.`;
  return el("figure", {},
    svg("svg", { class: "trend", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": said }, unknown, ticks, days, line("not_evaluated"), line("fail")),
    el("ul", { class: "legend", "aria-label": "Legend" },
      el("li", {}, svg("svg", { viewBox: "0 0 22 14", class: "wide", "aria-hidden": "true" }, svg("path", { d: "M0 7H22", class: "line-fail" })), "fail"),
      el("li", {}, svg("svg", { viewBox: "0 0 22 14", class: "wide", "aria-hidden": "true" }, svg("path", { d: "M0 7H22", class: "line-not_evaluated" })), "not evaluated (dashed)"),
      el("li", {}, svg("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, svg("rect", { width: 14, height: 14, class: "fill-no_evidence" })), "a stream without evidence")),
    el("figcaption", {}, said),
    el("details", {}, el("summary", {}, "The same as a table"),
      table("Verdicts over time", ["instant", ...figures("fail", "not evaluated", "pass", "streams without evidence")], rows)));
}
