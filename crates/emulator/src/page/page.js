// Shows what the control API tells. Whatever came in a request is set as text, never as markup.
"use strict";

const find = (id) => document.getElementById(id);
const kept = [];
const mostKept = 500;
let last = 0;
let paused = false;

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

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function row(request) {
  const made = element("details");
  made.setAttribute("role", "listitem");
  const summary = element("summary");
  const target = request.path + (request.query === "" ? "" : `?${request.query}`);
  const tone = request.status >= 500 ? " failed" : request.status >= 400 ? " refused" : "";
  summary.append(
    element("span", "method", request.method),
    element("span", "path", target),
    element("span", `status${tone}`, String(request.status)),
    element("span", "when", `${request.received.slice(11, 23)} · ${request.elapsedMicros / 1000} ms · ${request.operation ?? "no operation"}`),
  );
  const lines = request.headers.map(([name, value]) => `${name}: ${value}`);
  made.append(summary, element("pre", "", `${lines.join("\n")}\n\n${pretty(request.body)}`.trim()));
  return made;
}

function fits(request) {
  const words = find("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${request.method} ${request.path}?${request.query} ${request.status} ${request.operation ?? ""}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function show() {
  const shown = kept.filter((entry) => fits(entry.request));
  find("requests").replaceChildren(...shown.map((entry) => entry.row).reverse());
  find("none").hidden = shown.length > 0;
}

async function look() {
  if (!paused && !document.hidden) {
    const { requests } = await ask("GET", `requests?after=${last}`);
    for (const request of requests) {
      last = request.number;
      kept.push({ request, row: row(request) });
    }
    kept.splice(0, Math.max(0, kept.length - mostKept));
    if (requests.length > 0) show();
  }
}

async function showStore() {
  const { collections } = await ask("GET", "store");
  const open = new Set([...find("store").querySelectorAll("details[open]")].map((made) => made.dataset.path));
  find("store").replaceChildren(...collections.filter(({ count }) => count > 0).map(({ path, count }) => {
    const made = element("details");
    made.dataset.path = path;
    const summary = element("summary");
    summary.append(element("span", "path", path), element("span", "soft", String(count)));
    const content = element("pre", "", "…");
    made.append(summary, content);
    made.addEventListener("toggle", async () => {
      if (!made.open) return;
      const { entities } = await ask("GET", `store?path=${encodeURIComponent(path)}`);
      content.textContent = JSON.stringify(entities, null, 2);
    });
    made.open = open.has(path);
    return made;
  }));
}

async function showRules() {
  const { rules } = await ask("GET", "faults");
  find("rules").replaceChildren(...rules.map((rule) => element("li", "", [
    rule.fault,
    rule.operation ?? rule.path ?? "everywhere",
    rule.times === undefined ? "always" : `${rule.times} times`,
    rule.probability === 1 ? "" : `chance ${rule.probability}`,
  ].filter(Boolean).join(" · "))));
  return rules;
}

function start() {
  find("info").textContent =
    `The platform answers at ${location.origin}. Sign in as ada.lovelace@example.com with the password purecloud.`;
  find("filter").addEventListener("input", show);
  find("pause").addEventListener("click", (event) => {
    paused = !paused;
    event.target.setAttribute("aria-pressed", String(paused));
    event.target.textContent = paused ? "Go on" : "Pause";
  });
  const forget = () => {
    kept.length = 0;
    last = 0;
    show();
  };
  find("forget").addEventListener("click", async () => {
    await ask("DELETE", "requests");
    forget();
  });
  find("reset").addEventListener("click", async () => {
    await ask("POST", "reset");
    forget();
    await Promise.all([showStore(), showRules()]);
  });
  find("fault").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const rule = { fault: form.get("fault"), path: form.get("path"), probability: Number(form.get("probability")) };
    if (form.get("times") !== "") rule.times = Number(form.get("times"));
    await ask("PUT", "faults", { rules: [...(await showRules()), rule] });
    await showRules();
  });
  find("calm").addEventListener("click", async () => {
    await ask("DELETE", "faults");
    await showRules();
  });
  find("drop").addEventListener("click", () => ask("DELETE", "sockets"));
  showStore();
  showRules();
  // One look at a time: a slow answer must not let looks pile up.
  const again = async (work, pause) => {
    try {
      await work();
    } catch {
      // The emulator is away; it may come back.
    }
    setTimeout(again, pause, work, pause);
  };
  again(look, 700);
  setTimeout(again, 5000, showStore, 5000);
}

start();
