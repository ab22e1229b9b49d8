// Shows what the control API tells. Whatever came in a request is set as text, never as markup.
"use strict";

/** As many as the emulator itself keeps, unless it is told otherwise. */
const mostKept = 2000;
/** Longer documents are shown without colours, which would take longer than reading them. */
const longestColoured = 100_000;

const find = (id) => document.getElementById(id);
/** `{ request, text, row }` of each request, the oldest first. */
const kept = [];
/** The number of the last request that was seen. */
let last = 0;
let paused = false;
let kinds = [];

async function ask(method, path, body) {
  const answer = await fetch(`/_emulator/${path}`, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const value = text === "" ? undefined : JSON.parse(text);
  if (!answer.ok) throw new Error(value?.message ?? `the emulator answered ${answer.status}`);
  return value;
}

/** Has a control do its work, and says what became of it. */
function on(id, event, work) {
  find(id).addEventListener(event, async (happening) => {
    try {
      say((await work(happening)) ?? "");
    } catch (error) {
      say(error.message, "bad");
    }
  });
}

function say(text, tone = "") {
  find("said").dataset.tone = tone;
  find("said").textContent = text;
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

const count = (number) => number.toLocaleString("en");

// ── Text and JSON ──

const tokens = /("(?:[^"\\]|\\.)*")(\s*:)?|-?\b\d[\d.eE+-]*|\b(?:true|false|null)\b/g;

/** A document, laid out and coloured when it is JSON. */
function pretty(text) {
  const made = element("pre");
  // It scrolls, so that who has no mouse must be able to reach it.
  made.tabIndex = 0;
  try {
    text = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    made.textContent = text;
    return made;
  }
  if (text.length > longestColoured) {
    made.textContent = text;
    return made;
  }
  let end = 0;
  for (const match of text.matchAll(tokens)) {
    made.append(text.slice(end, match.index));
    const [all, string, colon] = match;
    made.append(element("span", colon ? "key" : string ? "string" : "literal", string ?? all), colon ?? "");
    end = match.index + all.length;
  }
  made.append(text.slice(end));
  return made;
}

/** A path, which may be broken behind its slashes. */
function pathElement(path) {
  const made = element("span", "path");
  path.split(/(?<=\/)/).forEach((part, index) => made.append(...(index > 0 ? [element("wbr"), part] : [part])));
  return made;
}

function titled(title, content) {
  const made = element("div");
  made.append(element("h3", "", title), content);
  return made;
}

// ── Requests ──

const tone = (status) => (status >= 500 ? "bad" : status >= 400 ? "warn" : "good");

/** A list item that opens; what is in it is made by `fill` when it does. */
function opening(summary, fill) {
  const item = element("li");
  const details = element("details");
  const content = element("div", "opened");
  details.append(summary, content);
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    try {
      content.replaceChildren(...(await fill()));
    } catch (error) {
      content.replaceChildren(element("p", "soft", error.message));
    }
  });
  item.append(details);
  return item;
}

function timeOf({ elapsedMicros }) {
  const ms = elapsedMicros / 1000;
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

function row(request) {
  const summary = element("summary");
  const target = request.path + (request.query === "" ? "" : `?${request.query}`);
  const status = element("span", "badge status", String(request.status));
  status.dataset.tone = tone(request.status);
  const detail = element("span", "detail", `${request.operation ?? ""} · ${timeOf(request)} · ${request.received.slice(11, 23)}`.replace(/^ · /, ""));
  if (request.fault) {
    const fault = element("span", "badge", request.fault);
    fault.dataset.tone = "bad";
    detail.prepend(fault, " ");
  }
  summary.append(element("span", "method", request.method), pathElement(target), status, detail);
  return opening(summary, () => opened(request));
}

/** What a request brought and what it was answered. */
async function opened(request) {
  const head = element("pre", "", request.headers.map(([name, value]) => `${name}: ${value}`).join("\n"));
  head.tabIndex = 0;
  const asked = element("div", "parts");
  if (request.body !== "") asked.append(titled("Body", pretty(request.body)));
  asked.append(titled("Headers", head));
  const { answer } = await ask("GET", `requests/${request.number}`).catch(() => ({}));
  const title = [`Answer ${request.status}`, answer?.mediaType].filter(Boolean).join(" · ");
  const body = answer === undefined ? "The emulator keeps it no longer." : answer.body;
  return [asked, titled(title, body === "" ? element("p", "soft", "No body.") : pretty(body))];
}

/** What the filter looks at: the status is there as `404` and as `4xx`. */
const textOf = (request) =>
  [
    request.method,
    `${request.path}?${request.query}`,
    request.status,
    `${String(request.status)[0]}xx`,
    request.operation ?? "",
    request.fault ?? "",
  ]
    .join(" ")
    .toLowerCase();

/** Whether a request has every word of the filter, and none of those after a minus. */
function fits(text, words) {
  return words.every((word) => (word.length > 1 && word[0] === "-" ? !text.includes(word.slice(1)) : text.includes(word)));
}

const filterWords = () => find("filter").value.toLowerCase().split(/\s+/).filter(Boolean);

function filter() {
  const words = filterWords();
  for (const entry of kept) entry.row.hidden = !fits(entry.text, words);
  showCounts();
}

function showCounts() {
  const shown = kept.reduce((sum, { row }) => sum + (row.hidden ? 0 : 1), 0);
  find("shown").textContent = shown === kept.length ? count(kept.length) : `${count(shown)} of ${count(kept.length)}`;
  find("requests-count").textContent = count(kept.length);
  find("none").hidden = shown > 0;
  find("none").textContent =
    kept.length > 0 ? "No request fits the filter." : "No request yet. Sign in with one of the clients and call something.";
}

function add(requests) {
  const words = filterWords();
  // Built aside and put in at once: rows that are open, or have the focus, stay as they are.
  const fresh = document.createDocumentFragment();
  for (const request of requests.slice(-mostKept)) {
    const entry = { request, text: textOf(request), row: row(request) };
    entry.row.hidden = !fits(entry.text, words);
    kept.push(entry);
    fresh.prepend(entry.row);
  }
  find("list").prepend(fresh);
  for (const { row } of kept.splice(0, Math.max(0, kept.length - mostKept))) row.remove();
  showCounts();
}

function forget() {
  kept.length = 0;
  last = 0;
  find("list").replaceChildren();
  showCounts();
}

async function look() {
  if (paused || document.hidden) return;
  const answer = await ask("GET", `requests?after=${last}`);
  if (answer.last < last) {
    // Forgotten or reset by somebody else: what is kept there now is new here.
    forget();
    return look();
  }
  last = answer.last;
  if (answer.requests.length > 0) add(answer.requests);
}

// ── Faults ──

function ruleItem(rule, struck, number) {
  const item = element("li");
  const narrowed = [
    rule.method,
    rule.operation,
    rule.path ?? (rule.operation ? "" : "everywhere"),
    rule.after > 0 ? `after ${rule.after}` : "",
    rule.times === undefined ? "always" : `${rule.times} ${rule.times === 1 ? "time" : "times"}`,
    rule.probability < 1 ? `chance ${rule.probability}` : "",
    rule.burst > 1 ? `bursts of ${rule.burst}` : "",
    `struck ${count(struck)}`,
  ];
  const remove = element("button", "small", "Remove");
  remove.type = "button";
  remove.setAttribute("aria-label", `Remove the fault ${rule.fault}`);
  remove.addEventListener("click", async () => {
    // Gone already, when that fails: what is there now is shown either way.
    await ask("DELETE", `faults/${number}`).catch(() => {});
    await showFaults();
  });
  item.append(element("span", "path", rule.fault), remove, element("span", "detail", narrowed.filter(Boolean).join(" · ")));
  return item;
}

let shownFaults = "";

async function showFaults() {
  const told = await ask("GET", "faults");
  const { rules, struck, numbers } = told;
  if (kinds.length === 0) {
    kinds = told.kinds;
    offerKinds();
  }
  // Left alone while it says the same, so that the focus stays where it is.
  const text = JSON.stringify([rules, struck, numbers]);
  if (text !== shownFaults) {
    shownFaults = text;
    find("rules").replaceChildren(...rules.map((rule, index) => ruleItem(rule, struck[index], numbers[index])));
    find("faults-count").textContent = count(rules.length);
    find("calm").hidden = rules.length === 0;
  }
}

function offerKinds() {
  const group = (label, members) => {
    const made = element("optgroup");
    made.label = label;
    made.append(...members.map((kind) => new Option(kind.name)));
    return made;
  };
  find("fault").elements.kind.replaceChildren(
    group("Requests", kinds.filter((kind) => !kind.socket)),
    group("Notification sockets", kinds.filter((kind) => kind.socket)),
  );
  chooseKind();
}

function chooseKind() {
  const { kind, fault } = find("fault").elements;
  const chosen = kinds.find(({ name }) => name === kind.value);
  fault.value = chosen.example;
  find("meaning").textContent = `${chosen.form} · ${chosen.meaning}.`;
  find("strike").hidden = !chosen.socket;
}

async function addFault(event) {
  event.preventDefault();
  const rule = {};
  for (const [name, value] of new FormData(event.target)) {
    if (name === "kind" || value.trim() === "") continue;
    rule[name] = ["after", "times", "probability"].includes(name) ? Number(value) : value.trim();
  }
  // What opens a socket is no path of the API.
  if (kinds.find(({ name }) => name === event.target.elements.kind.value)?.socket) {
    delete rule.path;
    delete rule.operation;
  }
  await ask("POST", "faults", rule);
  await showFaults();
  return `Added ${rule.fault}.`;
}

// ── What is stored ──

/** One collection: opening it shows what is in it. */
function collectionItem(path) {
  const item = countedItem(path, async () => {
    const { entities } = await ask("GET", `store?path=${encodeURIComponent(path)}`);
    const total = Number(item.dataset.count);
    const content = [pretty(JSON.stringify(entities))];
    if (total > entities.length) content.unshift(element("p", "soft", `The first ${entities.length} of ${count(total)}.`));
    return content;
  });
  return item;
}

/** The collections of one kind that many entities have: opening it shows these collections. */
function groupItem(path) {
  const list = element("ol", "rows");
  return Object.assign(countedItem(path, () => [list]), { list });
}

function countedItem(path, fill) {
  const summary = element("summary");
  summary.append(pathElement(path), element("span", "count"));
  const item = opening(summary, fill);
  item.dataset.path = path;
  return item;
}

/** Makes a list show these entries, and leaves alone what stays as it was. */
function showEntries(list, entries) {
  const items = new Map([...list.children].map((item) => [item.dataset.path, item]));
  const wanted = entries.map((entry) => {
    const item = items.get(entry.path) ?? (entry.members ? groupItem(entry.path) : collectionItem(entry.path));
    if (item.dataset.count !== String(entry.count)) {
      item.dataset.count = entry.count;
      item.querySelector(".count").textContent = count(entry.count);
      // What is open shows what is there now.
      if (!entry.members && item.firstChild.open) item.firstChild.dispatchEvent(new Event("toggle"));
    }
    if (entry.members) showEntries(item.list, entry.members);
    return item;
  });
  // Put in only where something came or went: an element that is moved loses the focus.
  if (wanted.length !== items.size || wanted.some((item, index) => list.children[index] !== item)) list.replaceChildren(...wanted);
}

const ids = /\/[0-9a-f]{8}-[0-9a-f-]{27}(?=\/)/g;

const sum = (entries) => entries.reduce((total, entry) => total + entry.count, 0);

async function showStore() {
  const { collections } = await ask("GET", "store");
  const filled = collections.filter((collection) => collection.count > 0);
  // The members of every queue are a collection of their own: those of one kind are shown under one heading.
  const kindsOfPath = new Map();
  for (const collection of filled) {
    const kind = collection.path.replace(ids, "/…");
    kindsOfPath.set(kind, [...(kindsOfPath.get(kind) ?? []), collection]);
  }
  const entries = [...kindsOfPath].flatMap(([path, members]) =>
    members.length === 1 ? members : [{ path, members, count: sum(members) }]);
  showEntries(find("store"), entries);
  find("stored-count").textContent = count(sum(filled));
}

// ── The page ──

/** On a narrow screen one part is shown at a time: the one in the address. */
function choosePart() {
  const links = [...document.querySelectorAll("nav a")];
  const chosen = links.find((link) => link.hash === location.hash) ?? links[0];
  document.body.dataset.part = chosen.hash.slice(1);
  for (const link of links) {
    if (link === chosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function showAlive(text, tone) {
  find("alive").textContent = text;
  find("alive").dataset.tone = tone;
}

/** Does something again and again, one at a time: a slow answer must not let them pile up. */
async function repeat(work, pause) {
  try {
    await work();
    showAlive(paused ? "paused" : "live", paused ? "warn" : "good");
  } catch {
    // It may come back.
    showAlive("not reachable", "bad");
  }
  setTimeout(repeat, pause, work, pause);
}

function start() {
  find("info").textContent =
    `The platform answers at ${location.origin}. Sign in as ada.lovelace@example.com with the password purecloud.`;
  addEventListener("hashchange", choosePart);
  choosePart();
  find("filter").addEventListener("input", filter);
  find("fault").elements.kind.addEventListener("change", chooseKind);
  find("pause").addEventListener("click", ({ currentTarget }) => {
    paused = !paused;
    currentTarget.setAttribute("aria-pressed", String(paused));
    showAlive(paused ? "paused" : "live", paused ? "warn" : "good");
  });
  on("forget", "click", async () => {
    await ask("DELETE", "requests");
    forget();
  });
  on("reset", "click", async () => {
    await ask("POST", "reset");
    forget();
    await Promise.all([showStore(), showFaults()]);
  });
  on("fault", "submit", addFault);
  on("calm", "click", async () => {
    await ask("DELETE", "faults");
    await showFaults();
    return "No fault is left.";
  });
  on("strike", "click", async () => {
    const { sockets } = await ask("POST", "sockets", { fault: find("fault").elements.fault.value });
    return `${count(sockets)} open ${sockets === 1 ? "socket" : "sockets"} struck.`;
  });
  repeat(look, 700);
  repeat(async () => {
    if (!document.hidden) await Promise.all([showStore(), showFaults()]);
  }, 3000);
}

start();
