// The platform on a free port, for as long as a test file runs.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { purecloud } from "./environment.js";

/** Starts the emulator. What it says of itself is there: `origin`, `clients.credentials`, `clients.browser`, `user`. */
export async function startEmulator(...flags) {
  const child = spawn(purecloud, ["emulator", "--port", "0", "--json", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  // A test file that fails before its tests begin runs no `after`.
  process.on("exit", () => child.kill());
  for await (const line of createInterface({ input: child.stdout })) return new Emulator(child, JSON.parse(line));
  throw new Error(`the emulator ended before it said its address (exit code ${child.exitCode})`);
}

class Emulator {
  #child;

  constructor(child, announcement) {
    this.#child = child;
    Object.assign(this, announcement);
  }

  stop() {
    this.#child.kill();
  }

  /** A fresh token of the client for client credentials. */
  async token() {
    const { id, secret } = this.clients.credentials;
    const response = await fetch(`${this.origin}/oauth/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
      body: new URLSearchParams({ grant_type: "client_credentials" }),
    });
    return (await response.json()).access_token;
  }

  /** A fresh token of the user who can sign in, by the implicit grant with the login form filled in. */
  async userToken() {
    const redirect = "http://localhost:8085/examples/";
    const query = new URLSearchParams({ response_type: "token", client_id: this.clients.browser.id, redirect_uri: redirect });
    const form = new URLSearchParams(query);
    form.set("username", this.user.name);
    form.set("password", this.user.password);
    form.set("decision", "allow");
    const response = await fetch(`${this.origin}/oauth/authorize`, { method: "POST", body: form, redirect: "manual" });
    const location = response.headers.get("location");
    if (!location) throw new Error(`the login answered ${response.status} without a redirect`);
    return new URLSearchParams(new URL(location).hash.slice(1)).get("access_token");
  }

  /** An answer of the platform, fetched without the SDK: what the SDK's own answer is compared with. */
  async raw(path) {
    const response = await fetch(this.origin + path, { headers: { authorization: `Bearer ${await this.token()}` } });
    return response.json();
  }

  /** Sets the rules of faults, one a line, in place of those before; none for an empty text. */
  async faults(rules) {
    const response = await fetch(`${this.origin}/_emulator/faults`, { method: "PUT", body: rules || '{"rules":[]}' });
    if (!response.ok) throw new Error(`${rules}: ${await response.text()}`);
  }

  /** The requests received since the last `forget`, oldest first. */
  async requests() {
    return (await (await fetch(`${this.origin}/_emulator/requests`)).json()).requests;
  }

  async forget() {
    await fetch(`${this.origin}/_emulator/requests`, { method: "DELETE" });
  }
}
