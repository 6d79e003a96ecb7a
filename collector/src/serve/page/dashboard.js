// The address says which view: #/findings?verdict=fail. Everything here can be linked to.

import { el, when } from "./dom.js";
import { patterns } from "./chart.js";
import * as views from "./views.js";

const ROUTES = [
  [/^\/?$/, "overview", views.overview],
  [/^\/findings$/, "findings", views.findings],
  [/^\/finding\/([^/]+)\/([0-9]+)$/, "findings", views.evidence],
  [/^\/exchange\/([^/]+)\/([0-9]+)$/, "findings", views.exchange],
  [/^\/controls$/, "controls", views.controls],
  [/^\/control\/([^/]+)$/, "controls", views.control],
  [/^\/coverage$/, "coverage", views.coverage],
  [/^\/gaps$/, "gaps", views.gaps],
];

const main = document.getElementById("main");
const status = document.getElementById("status");
let turn = 0;

function reading(about) {
  const said = [];
  if (about.stale) said.push(el("p", { class: "warning" }, `The store cannot be read since ${when(about.stale.since)}; what was read then is shown: ${about.stale.what}`));
  said.push(el("p", {}, about.as_of ? `Newest evidence: ${when(about.as_of)}. ` : "There is no evidence in this time. ",
    about.signatures === "checked" ? "Every statement is signed by a given key." : el("strong", {}, "Signatures are not checked: no key was given to the server.")));
  document.getElementById("reading").replaceChildren(...said);
}

function failed(error) {
  return [el("h1", { tabindex: "-1" }, "This cannot be shown"), el("p", { class: "refused", role: "alert" }, error.message), el("p", {}, el("a", { href: "#/" }, "To the posture"))];
}

async function show(isFirst) {
  const own = ++turn;
  const [path, query] = location.hash.replace(/^#/, "").split("?", 2);
  const found = ROUTES.map(([pattern, name, make]) => [pattern.exec(path), name, make]).find(([match]) => match);
  for (const anchor of document.querySelectorAll("header nav a")) {
    if (found && anchor.dataset.view === found[1]) anchor.setAttribute("aria-current", "page");
    else anchor.removeAttribute("aria-current");
  }
  status.textContent = "Loading…";
  main.setAttribute("aria-busy", "true");
  let made;
  try {
    if (!found) throw new Error(`There is no view ${path}.`);
    made = await found[2](new URLSearchParams(query ?? ""), ...found[0].slice(1).map(decodeURIComponent));
  } catch (error) {
    made = { named: "Not shown", nodes: failed(error) };
  }
  // Somebody went on while this was loading.
  if (own !== turn) return;
  main.replaceChildren(...made.nodes.flat(Infinity).filter((node) => node));
  main.removeAttribute("aria-busy");
  document.title = `${made.named} · evidenced`;
  status.textContent = `${made.named} is shown.`;
  if (made.about) reading(made.about);
  if (!isFirst) {
    main.querySelector("h1")?.focus();
    scrollTo(0, 0);
  }
  await made.after?.();
}

document.body.append(patterns());
document.querySelector(".skip").addEventListener("click", (event) => {
  // The address belongs to the view.
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", () => show(false));
show(true);
