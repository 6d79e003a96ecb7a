// The views. Each gives what stands in the page's main part, from what the API says.

import { ask, el, facts, figures, link, number, severity, span, state, table, when, words } from "./dom.js";
import { bar, legend, timeline, trend } from "./chart.js";

const PRINCIPLES = ["least-privilege", "defence-in-depth", "secure-by-default", "accountability", "continuous-improvement"];
const CATEGORIES = ["security", "availability", "confidentiality", "processing-integrity", "privacy"];
const SEVERITIES = ["critical", "high", "medium", "low"];
const COUNTS = figures("fail", "not evaluated", "pass", "not applicable");
const NOTHING = { pass: 0, fail: 0, not_evaluated: 0, not_applicable: 0 };

const title = (text, ...more) => el("h1", { tabindex: "-1" }, text, more);
const trail = (...steps) => el("nav", { class: "trail", "aria-label": "Where this is" }, el("ol", {}, steps.map((step) => el("li", {}, step))));
const toControl = (id) => el("a", { href: link(`control/${encodeURIComponent(id)}`) }, id);

// Counts as figures, where those that are no pass lead to their findings.
function counted(counts, filters) {
  const to = (verdict) => counts[verdict] === 0 ? "0"
    : el("a", { href: link("findings", { ...filters, verdict }), "aria-label": `${number(counts[verdict])} ${words(verdict)}: show them` }, number(counts[verdict]));
  return [to("fail"), to("not_evaluated"), counts.pass, counts.not_applicable];
}

function axis(caption, name, keys, counts) {
  const rows = keys.map((key) => {
    const own = counts[key] ?? NOTHING;
    return [words(key), bar(own), ...counted(own, { [name]: key })];
  });
  return table(caption, [name, "verdicts", ...COUNTS], rows);
}

function missing(summary) {
  const said = [];
  for (const stream of summary.streams) {
    const name = stream.stream;
    if (stream.no_evidence) said.push(`${name}: no evidence of now (${words(stream.no_evidence)})`);
    if (stream.newest && !stream.newest.complete) said.push(`${name}: ${number(stream.newest.gaps)} gaps in its newest run, so some verdicts are not evaluated`);
    if (stream.missed) said.push(`${name}: ${number(stream.missed)} scheduled runs did not take place`);
    if (stream.damaged) said.push(`${name}: ${number(stream.damaged)} bundles cannot be relied on`);
  }
  return said;
}

export async function overview() {
  const [summary, told] = await Promise.all([ask("/v1/summary"), ask("/v1/trend")]);
  const { counts, excepted } = summary.total;
  const gaps = missing(summary);
  const card = (value, text, filters) => el("li", {}, el("strong", {}, number(value)),
    filters ? el("a", { href: link("findings", filters) }, text) : text);
  return { about: summary.about, named: "Posture", nodes: [
    title("Posture"),
    gaps.length > 0 && el("div", { class: "warning" }, el("p", {}, el("strong", {}, "Not everything is known. "), el("a", { href: "#/gaps" }, "All gaps")),
      el("ul", {}, gaps.slice(0, 5).map((text) => el("li", {}, text)), gaps.length > 5 && el("li", {}, `and ${gaps.length - 5} more`))),
    el("ul", { class: "cards" },
      card(counts.fail, "fail", { verdict: "fail" }), card(counts.not_evaluated, "could not be evaluated", { verdict: "not_evaluated" }),
      card(counts.pass, "pass", { verdict: "pass" }), card(excepted, "failures under an exception", { verdict: "fail", excepted: "true" }),
      card(summary.problems.length, "problems in the evidence")),
    el("h2", {}, "By principle"), axis("Newest verdicts by governing principle", "principle", PRINCIPLES, summary.total.principles),
    legend("fail", "not_evaluated", "pass", "not_applicable"),
    el("h2", {}, "By category"), axis("Newest verdicts by Trust Services Category", "category", CATEGORIES, summary.total.categories),
    el("h2", {}, "By severity"), axis("Newest verdicts by severity", "severity", SEVERITIES, summary.total.severities),
    el("h2", {}, "Trend"), trend(told),
    el("h2", {}, "Streams"), streams(summary),
  ] };
}

function streams(summary) {
  const rows = summary.streams.map((stream) => [
    stream.stream,
    stream.no_evidence ? state("no_evidence", stream.no_evidence) : "up to date",
    stream.newest ? `${when(stream.newest.as_of)}, ${span(stream.newest.age_seconds)} ago` : "none",
    stream.newest ? number(stream.newest.gaps) : "unknown", stream.missed, stream.damaged,
    ...counted(stream.posture.counts, { stream: stream.stream }),
  ]);
  return table("Each stream's newest evidence", ["stream", "now", "newest run", ...figures("gaps", "missed runs", "damaged"), ...COUNTS], rows);
}

// Filters that change the address and what stands below, and leave the focus where it is.
function filters(view, query, fields, show) {
  const result = el("div", {});
  const form = el("form", { class: "filters", role: "search", "aria-label": "Filters" });
  const control = ([name, text, choices]) => {
    const id = `filter-${name}`;
    const input = choices
      ? el("select", { id, name }, el("option", { value: "" }, "any"), choices.map((one) => el("option", { value: one, selected: query.get(name) === one }, words(one))))
      : el("input", { id, name, type: "search", autocomplete: "off", maxlength: "200", value: query.get(name) ?? "" });
    return el("div", {}, el("label", { for: id }, text), input);
  };
  form.append(...fields.map(control), el("div", { class: "buttons" }, el("button", { type: "submit" }, "Filter"), el("a", { href: link(view) }, "Clear")));
  const known = new Set(fields.map(([name]) => name));
  const chosen = () => {
    const own = new URLSearchParams([...query].filter(([name]) => !known.has(name)));
    for (const [name, value] of new FormData(form)) if (value.trim()) own.append(name, value.trim());
    return own;
  };
  const change = async () => {
    const own = chosen();
    const text = own.toString();
    history.replaceState(null, "", `#/${view}${text ? `?${text}` : ""}`);
    await show(own, result);
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); change(); });
  form.addEventListener("change", change);
  return { nodes: [form, result], first: () => show(chosen(), result) };
}

function said(text) {
  document.getElementById("status").textContent = text;
}

async function guarded(result, work) {
  result.setAttribute("aria-busy", "true");
  try {
    result.replaceChildren(...(await work()));
  } catch (error) {
    result.replaceChildren(el("p", { class: "refused", role: "alert" }, error.message));
  }
  result.removeAttribute("aria-busy");
}

const finding = (one) => [
  el("a", { href: link(`finding/${one.run}/${one.line}`) }, one.resource?.id ?? `${one.scope} as a whole`),
  state(one.verdict), severity(one.severity), [toControl(one.control), el("br"), el("span", { class: "faint" }, one.title)],
  [one.message ?? one.reason ?? "", one.exception && el("p", {}, `Exception ${one.exception.id}, until ${when(one.exception.expires)}`)],
  [one.resource?.region ?? "", el("br"), el("span", { class: "faint" }, one.stream)],
];

function findingsTable(all, caption) {
  return table(caption, ["resource", "verdict", "severity", "control", "why", "where"], all.map(finding), "No verdict fits these filters.");
}

export async function findings(query) {
  const summary = await ask("/v1/summary");
  const names = summary.streams.map((stream) => stream.stream);
  const fields = [["verdict", "Verdict", ["fail", "not_evaluated", "pass", "not_applicable"]], ["severity", "Severity", SEVERITIES], ["principle", "Principle", PRINCIPLES],
    ["category", "Category", CATEGORIES], ["cloud", "Cloud", ["aws", "azure", "gcp", "org"]], ["stream", "Stream", names], ["criterion", "Criterion", Object.keys(summary.total.criteria)],
    ["control", "Control (whole id)"], ["resource", "Resource (part of its id)"], ["excepted", "Under an exception", ["true", "false"]]];
  let about = summary.about;
  const show = (own, result) => guarded(result, async () => {
    const page = async (cursor) => {
      const asked = new URLSearchParams(own);
      asked.set("limit", "100");
      if (cursor) asked.set("cursor", cursor);
      return ask("/v1/findings", asked);
    };
    const first = await page();
    const list = el("div", {});
    let shown = 0;
    const add = (told) => {
      list.append(findingsTable(told.findings, `Findings ${number(shown + 1)} to ${number(shown + told.findings.length)} of ${number(told.total)}`));
      shown += told.findings.length;
      said(`${number(told.total)} findings, ${number(shown)} shown.`);
      const more = told.next && el("button", { class: "more", type: "button", onclick: async () => {
        more.remove();
        try { add(await page(told.next)); } catch (error) { list.append(el("p", { class: "refused", role: "alert" }, error.message)); }
      } }, "Show more");
      if (more) list.append(more);
    };
    add(first);
    return [el("h2", {}, `${number(first.total)} findings`), list];
  });
  const form = filters("findings", query, fields, show);
  return { about, named: "Findings", nodes: [title("Findings"), el("p", { class: "faint" }, "The verdicts that stand, of the newest run of each stream that gives evidence."), form.nodes], after: form.first };
}

export async function controls(query) {
  const { about } = await ask("/v1/summary");
  const fields = [["text", "Id or title"], ["state", "State in some stream", ["fail", "no_evidence", "not_evaluated", "pass", "not_applicable", "no_population"]],
    ["severity", "Severity", SEVERITIES], ["principle", "Principle", PRINCIPLES], ["category", "Category", CATEGORIES], ["cloud", "Cloud", ["aws", "azure", "gcp", "org"]], ["criterion", "Criterion (CC6.1)"]];
  const show = (own, result) => guarded(result, async () => {
    const told = await ask("/v1/controls", own);
    said(`${number(told.controls.length)} controls.`);
    const row = (one) => [[toControl(one.control), el("br"), el("span", { class: "faint" }, one.title)], state(one.state), severity(one.severity), words(one.principle), one.primary, ...counted(one.counts, { control: one.control })];
    return [el("h2", {}, `${number(told.controls.length)} controls`), table("Controls and what they are now", ["control", "now", "severity", "principle", "criterion", ...COUNTS], told.controls.map(row), "No control fits these filters.")];
  });
  const form = filters("controls", query, fields, show);
  return { about, named: "Controls", nodes: [title("Controls"), form.nodes], after: form.first };
}

export async function control(query, id) {
  const [told, time, failing] = await Promise.all([ask(`/v1/controls/${encodeURIComponent(id)}`), ask("/v1/timeline", new URLSearchParams({ control: id })),
    ask("/v1/findings", new URLSearchParams([["control", id], ["verdict", "fail"], ["verdict", "not_evaluated"], ["limit", "200"]]))]);
  const { definition } = told;
  const stretch = (stream) => stream.intervals.slice().reverse().map((one) => [when(one.from), when(one.to), state(one.state, one.why)]);
  const stream = (one) => {
    const now = told.streams.find((other) => other.stream === one.stream);
    return el("section", { "aria-label": one.stream }, el("h3", {}, one.stream, " ", now && state(now.state, now.why)), timeline(time.from, time.to, one),
      el("p", { class: "axis", "aria-hidden": "true" }, el("span", {}, when(time.from)), el("span", {}, when(time.to))),
      el("details", {}, el("summary", {}, "The same as a table"), table(`What ${id} was in ${one.stream}`, ["from", "to", "state"], stretch(one))));
  };
  return { about: told.about, named: id, nodes: [
    trail(el("a", { href: "#/controls" }, "Controls"), id), title(definition.title),
    el("p", {}, state(told.now.state), " ", severity(definition.severity), " ", definition.statement),
    facts([["Control", el("code", {}, id)], ["Principle", words(definition.principle)], ["Criteria", [definition.criteria.primary, ...(definition.criteria.supporting ?? [])].join(", ")],
      ["Category", words(definition.category)], ["Layer", definition.layer], ["Policy", definition.policy], ["Owner", definition.owner], ["What to do", definition.remediation]]),
    el("h2", {}, "Timeline"), legend("fail", "not_evaluated", "pass", "no_evidence", "not_applicable"), time.streams.map(stream),
    el("h2", {}, "What does not pass"), findingsTable(failing.findings, `${number(failing.total)} verdicts of ${id}`),
    failing.next && el("p", {}, el("a", { href: link("findings", { control: id }) }, "All of them")),
    el("h2", {}, "How it is judged"), facts([["Applies", el("code", {}, definition.applies)], ["Passes", el("code", {}, definition.pass)], ["Message", el("code", {}, definition.message)]]),
  ] };
}

export async function evidence(query, run, line) {
  const told = await ask(`/v1/findings/${run}/${line}`);
  const { finding: one, resource } = told;
  const exchange = (head) => [el("a", { href: link(`exchange/${run}/${head.seq}`) }, `${head.seq}: ${head.service} ${head.operation}`), head.status ?? "no answer", `${head.method} ${head.url}`, when(head.started_at)];
  const gap = (own) => [own.field, own.operation, own.reason, own.code];
  return { about: told.about, named: one.resource?.id ?? one.control, nodes: [
    trail(el("a", { href: link("findings", { verdict: one.verdict }) }, "Findings"), toControl(one.control), one.resource?.id ?? one.scope), title(one.resource?.id ?? `${one.scope} as a whole`),
    el("p", {}, state(one.verdict), " ", severity(one.severity), " ", one.message ?? one.reason ?? ""),
    facts([["Control", [toControl(one.control), `: ${one.title}`]], ["Holds when it passes", told.control.statement], ["Stream", one.stream], ["Run", el("code", {}, one.run)], ["As of", when(one.as_of)],
      ["Exception", one.exception && `${one.exception.id} by ${one.exception.approver}, until ${when(one.exception.expires)}; the verdict stays`], ["What to do", told.control.remediation]]),
    resource?.gaps.length > 0 && [el("h2", {}, "What could not be read"), table("Gaps of this resource", ["field", "operation", "reason", "code"], resource.gaps.map(gap))],
    el("h2", {}, "What the provider said"), table("Exchanges that it was built from", ["exchange", "status", "request", "sent"], told.exchanges.map(exchange), "It rests on no exchange of its own."),
    el("h2", {}, "The document that was judged"), resource ? el("details", { open: true }, el("summary", {}, `${resource.type} ${resource.name}`), el("pre", { tabindex: "0", role: "region", "aria-label": "Document" }, JSON.stringify(resource, null, 2)))
      : el("p", { class: "faint" }, "This verdict is about a whole scope or a population, and not about one document."),
    el("h2", {}, "Where it is kept"), kept(told.statement, told.files),
  ] };
}

function kept(statement, files) {
  const rows = [[el("code", {}, statement.path), el("code", {}, statement.sha256), "the signed statement"], ...files.map((file) => [el("code", {}, file.path), el("code", {}, file.sha256), `${number(file.bytes)} bytes`])];
  return [el("p", { class: "faint" }, "Each file was fetched just now and has the digest that the statement says. Paths are from the store's root."), table("Files", ["file", "SHA-256", "what"], rows)];
}

// A body as it is kept; JSON with line breaks, which says so.
function body(text, encoded, name) {
  if (text === undefined || text === null) return encoded ? [el("p", { class: "faint" }, "Bytes that are no UTF-8, in base64:"), el("pre", { tabindex: "0", role: "region", "aria-label": name }, encoded)] : el("p", { class: "faint" }, "No body.");
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* It is no JSON: it is shown as it is. */ }
  return [shown !== text && el("p", { class: "faint" }, "Line breaks were added to read it by; the bytes are in the file."), el("pre", { tabindex: "0", role: "region", "aria-label": name }, shown)];
}

export async function exchange(query, run, seq) {
  const told = await ask(`/v1/exchanges/${run}/${seq}`);
  const one = told.exchange;
  const { response } = one;
  return { about: told.about, named: `Exchange ${seq}`, nodes: [
    title(`Exchange ${seq}: ${one.service} ${one.operation}`),
    facts([["Run", el("code", {}, run)], ["Region", one.region], ["Sent", one.started_at], ["Ended", one.finished_at], ["Attempt", one.attempt], ["Error", one.error && `${one.error.kind}: ${one.error.message}`],
      ["Redacted", one.redactions.length > 0 ? one.redactions.join(", ") : "nothing"]]),
    el("h2", {}, "Request"), facts([["Method", one.request.method], ["URL", el("code", {}, one.request.url)]]), body(one.request.body, null, "Request body"),
    el("h2", {}, "Response"), response ? [facts([["Status", response.status], ["Request id", response.request_id], ["Date", response.date], ["SHA-256 of the body", el("code", {}, response.sha256)], ...Object.entries(response.headers)]),
      body(response.body, response.body_base64, "Response body")] : el("p", {}, "No answer came."),
    el("h2", {}, "Where it is kept"), kept(told.statement, [told.file]),
  ] };
}

export async function coverage() {
  const told = await ask("/v1/coverage");
  const modes = ["automated", "partial", "supporting", "manual"];
  const list = (ids) => ids.length === 0 ? el("span", { class: "faint" }, "none") : el("details", {}, el("summary", {}, number(ids.length), " controls"), el("ul", {}, ids.map((id) => el("li", {}, toControl(id)))));
  const row = (one) => [[el("strong", {}, one.criterion), ` ${one.subject}`], one.mode, list(one.primary), list(one.supporting), one.besides, ...counted(one.counts, { criterion: one.criterion })];
  return { about: told.about, named: "Coverage", nodes: [
    title("Coverage"), el("p", {}, "All 61 criteria. A manual criterion needs people and paper, and no figure here stands for it; its row says what."),
    el("ul", { class: "cards" }, modes.map((mode) => el("li", {}, el("strong", {}, number(told.modes[mode] ?? 0)), mode))),
    el("h2", {}, "Principles"), table("The governing principles", ["principle", "controls", ...COUNTS], told.principles.map((one) => [one.title, list(one.controls), ...counted(one.counts, { principle: one.principle })])),
    el("h2", {}, "Criteria"), table("The Trust Services Criteria", ["criterion", "evidence", "primary", "supporting", "what an auditor needs besides", ...COUNTS], told.criteria.map(row)),
  ] };
}

export async function gaps() {
  const [summary, told, bundles] = await Promise.all([ask("/v1/summary"), ask("/v1/coverage"), ask("/v1/bundles", new URLSearchParams({ limit: "50" }))]);
  const manual = told.criteria.filter((one) => one.mode === "manual");
  const run = (one) => [`${one.stream} #${one.sequence}`, when(one.as_of), one.whole ? "as signed" : el("strong", {}, "cannot be relied on"), one.complete ? "complete" : `${number(one.gaps)} gaps`, el("code", {}, one.statement.path)];
  const problem = (one) => [el("code", {}, one.file), one.kind, one.what];
  const open = summary.total.counts.not_evaluated;
  const said = missing(summary);
  return { about: summary.about, named: "Gaps", nodes: [
    title("Gaps"), el("p", {}, "What is not known, and what nobody here can know."),
    el("h2", {}, "Now"), said.length > 0 ? el("ul", {}, said.map((text) => el("li", {}, text))) : el("p", {}, "Every stream has evidence of now, whole and with no gap."),
    el("p", {}, el("a", { href: link("findings", { verdict: "not_evaluated" }) }, `${number(open)} verdicts could not be evaluated`), "."),
    el("h2", {}, "Problems in the evidence"), table("What is wrong with what was read", ["file", "kind", "what"], summary.problems.map(problem), "None: every file that was read is what was signed."),
    el("h2", {}, "Streams"), streams(summary),
    el("h2", {}, "Runs"), table(`The newest ${number(bundles.bundles.length)} of ${number(bundles.total)} runs, by stream`, ["run", "as of", "bundle", "balance", "statement"], bundles.bundles.map(run)),
    el("h2", {}, "Manual criteria"), table("Criteria for which the cloud has no evidence", ["criterion", "subject", "what an auditor needs"], manual.map((one) => [one.criterion, one.subject, one.besides]), "None."),
  ] };
}
