// Walks the dashboard in Chromium: node dashboard.mjs MODULES URL DAMAGED_URL TOKEN [SCREENSHOTS]
// MODULES is a folder with playwright-core and axe-core; DAMAGED_URL is a server with a damaged bundle that needs the token.
// What goes wrong ends it with a word; what it saw goes to standard output as JSON.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, base, damaged, token, screenshots] = process.argv.slice(2);
const { chromium } = await import(pathToFileURL(join(modules, "playwright-core/index.mjs")).href);
const axe = await readFile(join(modules, "axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const wrong = [];
const seen = { views: [], segments: 0, keyboard: 0 };

async function open(settings = {}, allowed = () => false) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...settings });
  await context.addInitScript(() => addEventListener("securitypolicyviolation", (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`)));
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  page.on("console", (message) => message.type() === "error" && !allowed(message.text()) && wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("request", (request) => [base, damaged].some((own) => request.url().startsWith(own)) || wrong.push(`outside: ${request.url()}`));
  return page;
}

async function view(page, hash, heading) {
  await page.goto(`${base}/${hash}`);
  await settled(page, heading);
}

async function settled(page, heading) {
  await page.locator("h1", { hasText: heading }).waitFor();
  await page.locator("main:not([aria-busy])").waitFor();
  await page.waitForFunction(() => !document.querySelector("[aria-busy]"));
}

async function accessible(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const told = found.violations.map((one) => `${one.id} (${one.impact}): ${one.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join(" | ")}`);
  assert.deepEqual(told, [], `axe finds nothing in ${what}`);
  seen.views.push(what);
}

const api = async (path) => (await fetch(base + path)).json();
const digits = (text) => Number(text.replace(/[^0-9]/g, ""));

async function walk(page) {
  await view(page, "", "Posture");
  const summary = await api("/v1/summary");
  assert.equal(await page.locator("table", { hasText: "governing principle" }).locator("tbody tr").count(), 5);
  assert.equal(digits(await page.locator(".cards li strong").first().textContent()), summary.total.counts.fail);
  assert.match(await page.locator("svg.trend").getAttribute("aria-label"), /fail and .* could not be evaluated/);
  await accessible(page, "posture");

  await page.getByRole("link", { name: "Findings", exact: true }).click();
  await settled(page, "Findings");
  await page.getByLabel("Severity").selectOption("critical");
  const critical = await api("/v1/findings?verdict=fail&severity=critical");
  await page.locator("h2", { hasText: `${critical.total} findings` }).waitFor();
  assert.match(page.url(), /#\/findings\?verdict=fail&severity=critical$/);
  assert.equal(await page.locator("tbody tr").count(), Math.min(critical.total, 100));
  await accessible(page, "findings");
  // The address alone leads to the same.
  await page.reload();
  await page.locator("h2", { hasText: `${critical.total} findings` }).waitFor();
  assert.equal(await page.getByLabel("Severity").inputValue(), "critical");
  await page.getByLabel("Severity").selectOption("");
  const failing = await api("/v1/findings?verdict=fail");
  await page.locator("h2", { hasText: `${failing.total.toLocaleString("en")} findings` }).waitFor();
  if (failing.next) {
    await page.getByRole("button", { name: "Show more" }).click();
    await page.waitForFunction((count) => document.querySelectorAll("tbody tr").length === count, Math.min(failing.total, 200));
  }

  // A control's timeline down to its raw exchange.
  await page.getByRole("link", { name: "Controls", exact: true }).click();
  await settled(page, "Controls");
  await accessible(page, "controls");
  await page.getByLabel("Id or title").fill("s3");
  await page.getByLabel("State in some stream").selectOption("fail");
  const own = await api("/v1/controls?text=s3&state=fail");
  await page.locator("h2", { hasText: `${own.controls.length} controls` }).waitFor();
  const { findings: [bucket] } = await api("/v1/findings?verdict=fail&resource_type=aws.s3.bucket&limit=1");
  const id = bucket.control;
  await page.getByRole("link", { name: id, exact: true }).click();
  await settled(page, bucket.title);
  const time = await api(`/v1/timeline?control=${id}`);
  const expected = time.streams.flatMap((stream) => stream.intervals).length;
  const segments = await page.locator("svg.timeline [role=listitem]").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  assert.equal(segments.length, expected);
  assert.ok(segments.some((text) => text.startsWith("no evidence (no run yet) from")) && segments.some((text) => text.startsWith("fail from")), segments.join("; "));
  seen.segments = segments.length;
  await accessible(page, "control");
  await page.locator("table", { hasText: `verdicts of ${id}` }).getByRole("link", { name: bucket.resource.id, exact: true }).click();
  await settled(page, bucket.resource.id);
  await page.getByText("has the digest that the statement says").waitFor();
  await accessible(page, "evidence");
  const [, run, line] = /#\/finding\/([^/]+)\/(\d+)$/.exec(page.url());
  const evidence = await api(`/v1/findings/${run}/${line}`);
  assert.ok((await page.getByLabel("Document").textContent()).includes(evidence.resource.sha256));
  const head = evidence.exchanges[0];
  await page.getByRole("link", { name: `${head.seq}: ${head.service} ${head.operation}` }).first().click();
  await settled(page, `Exchange ${head.seq}`);
  const raw = await api(head.whole);
  assert.ok((await page.locator("main").textContent()).includes(raw.exchange.request.url));
  if (raw.exchange.response.body) assert.equal((await page.getByLabel("Response body").textContent()).replace(/\s/g, ""), raw.exchange.response.body.replace(/\s/g, ""));
  await accessible(page, "exchange");

  await page.getByRole("link", { name: "Coverage", exact: true }).click();
  await settled(page, "Coverage");
  assert.equal(await page.locator("table", { hasText: "The Trust Services Criteria" }).locator("tbody tr").count(), 61);
  await accessible(page, "coverage");
  await page.getByRole("link", { name: "Gaps", exact: true }).click();
  await settled(page, "Gaps");
  await page.getByText("None: every file that was read is what was signed.").waitFor();
  await accessible(page, "gaps");
  await page.goto(`${base}/#/nowhere`);
  await settled(page, "This cannot be shown");
}

// From the top of the page to the evidence of a finding without a mouse.
async function byKeyboard() {
  const page = await open();
  await view(page, "", "Posture");
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim().slice(0, 60) || document.activeElement.tagName);
  const tabTo = async (test) => {
    for (let count = 0; count < 120; count += 1) {
      await page.keyboard.press("Tab");
      seen.keyboard += 1;
      const ring = await page.evaluate(() => document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle !== "none");
      assert.ok(ring, `the focus on ${await focused()} can be seen`);
      if (await page.evaluate(test)) return;
    }
    assert.fail(`Tab does not lead there: ${test}`);
  };
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.reload();
  await settled(page, "Posture");
  await tabTo(() => document.activeElement.textContent === "Findings");
  await page.keyboard.press("Enter");
  await settled(page, "Findings");
  assert.equal(await focused(), "Findings", "the focus is on the heading of the view");
  await tabTo(() => document.activeElement.id === "filter-verdict");
  await page.keyboard.type("not e");
  await page.keyboard.press("Tab");
  const open_ = await api("/v1/findings?verdict=not_evaluated");
  await page.locator("h2", { hasText: `${open_.total.toLocaleString("en")} findings` }).waitFor();
  assert.match(await page.locator("#status").textContent(), /findings, .* shown/);
  await tabTo(() => document.activeElement.id === "filter-verdict" || document.activeElement.closest("tbody th"));
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/finding\//);
  await page.getByText("has the digest that the statement says").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
}

const VIEWS = [["", "Posture"], ["#/findings?verdict=fail", "Findings"], ["#/controls", "Controls"], ["#/coverage", "Coverage"], ["#/gaps", "Gaps"]];

async function small() {
  const page = await open({ viewport: { width: 360, height: 740 } });
  const { controls } = await api("/v1/controls?state=fail");
  const { findings } = await api("/v1/findings?verdict=fail&limit=1");
  const more = [[`#/control/${controls[0].control}`, controls[0].title], [`#/finding/${findings[0].run}/${findings[0].line}`, ""]];
  for (const [hash, heading] of [...VIEWS, ...more]) {
    await view(page, hash, heading);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 360, `${hash} is ${width} px wide in 360`);
  }
}

async function dark() {
  const page = await open({ colorScheme: "dark", reducedMotion: "reduce" });
  for (const [hash, heading] of VIEWS) {
    await view(page, hash, heading);
    await accessible(page, `${heading} in the dark`);
  }
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(13, 17, 23)");
  if (screenshots) {
    await view(page, "", "Posture");
    await page.screenshot({ path: join(screenshots, "dashboard-dark.png") });
  }
}

// Evidence may hold anything: it is shown as text.
async function hostile() {
  const page = await open();
  const evil = "<img src=x onerror=alert(1)><script>alert(1)</script>";
  await page.route("**/v1/findings?*", async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    for (const one of body.findings) Object.assign(one, { message: evil, title: evil, stream: evil });
    await route.fulfill({ response: answer, json: body });
  });
  await view(page, "#/findings?verdict=fail", "Findings");
  await page.getByText(evil).first().waitFor();
  assert.equal(await page.locator("main img, main script").count(), 0);
}

// A server with a token and a damaged bundle: the browser asks for a password, and the damage stands in plain sight.
async function guarded() {
  const without = await open({}, (text) => text.includes("401"));
  assert.equal((await without.goto(damaged).catch(() => null))?.status() ?? 401, 401);
  const page = await open({ httpCredentials: { username: "anybody", password: token, origin: damaged } });
  await page.goto(`${damaged}/#/gaps`);
  await settled(page, "Gaps");
  await page.getByText("digest_mismatch").waitFor();
  await page.getByText("cannot be relied on").first().waitFor();
  await accessible(page, "gaps of a damaged store");
  await page.goto(`${damaged}/#/`);
  await settled(page, "Posture");
  await page.getByText("Not everything is known.").waitFor();
}

try {
  const page = await open();
  await walk(page);
  await byKeyboard();
  await small();
  await dark();
  await hostile();
  await guarded();
  if (screenshots) {
    await view(page, "", "Posture");
    await page.screenshot({ path: join(screenshots, "dashboard.png") });
  }
  assert.deepEqual(wrong, []);
} finally {
  await browser.close();
}
console.log(JSON.stringify(seen));
