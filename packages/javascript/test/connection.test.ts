/** How a session reaches the platform: by a gateway, with certificates, with an agent or a transport of the program. */
import assert from "node:assert/strict";
import { Agent } from "node:https";
import { createServer } from "node:https";
import { test } from "node:test";
import { PureCloudSession as BrowserSession } from "../src/browser.js";
import { PureCloudSession as BundleSession } from "../src/bundle.js";
import { PureCloudSession } from "../src/node.js";
import type { SessionOptions } from "../src/session.js";
import { makeCertificate } from "./certificate.js";
import { json, serve } from "./server.js";
import type { Scripted } from "./server.js";

const SECRET = "token-0123456789";

/** What a session with these options makes of one call. */
async function call(options: SessionOptions, url = "/ok"): Promise<unknown> {
  const session = new PureCloudSession({ token: SECRET, retry: false, ...options });
  return session.get(url).then(
    (data) => data,
    (error) => error.message,
  );
}

const ok = { "/ok": (_: unknown, response: any) => json(response, 1) };

test("behind a gateway, calls go below the one path and logins below the other", async () => {
  const server = await serve({
    "/pc/api/api/v2/users/me": (_, response) => json(response, { name: "Ada" }),
    "/pc/login/oauth/token": (_, response) => json(response, { access_token: SECRET, token_type: "bearer", expires_in: 60 }),
  });
  try {
    const gateway = { api: `${server.origin}/pc/api/`, login: `${server.origin}/pc/login` };
    const session = new PureCloudSession({ gateway, retry: false });
    await session.authorizeWithClientCredentialsGrant("id", "secret");
    assert.deepEqual(await session.get("/api/v2/users/me"), { name: "Ada" });
    assert.deepEqual(await session.get(`${gateway.api}api/v2/users/me`), { name: "Ada" });
    assert.equal(session.apiUrl, `${server.origin}/pc/api`);
    assert.deepEqual(
      server.seen.map(({ url, headers }) => [url, headers.authorization]),
      [
        ["/pc/login/oauth/token", `Basic ${btoa("id:secret")}`],
        ["/pc/api/api/v2/users/me", `Bearer ${SECRET}`],
        ["/pc/api/api/v2/users/me", `Bearer ${SECRET}`],
      ],
    );
    // What else the gateway has in front of it must not see the token.
    for (const url of ["/../other", "/%2e%2e/other", `${server.origin}/other`, `${server.origin}/pc/apis`, `${server.origin}/pc/api`]) {
      await assert.rejects(session.get(url), /is not in allowedHosts/, url);
    }
    assert.equal(server.seen.length, 3);
  } finally {
    await server.close();
  }
});

test("a gateway that could give the token away is refused, and not repeated", () => {
  const fine = "https://gateway.example.com/api";
  const table: [any, RegExp | undefined, boolean?][] = [
    [{ api: fine, login: fine }, undefined],
    [{ api: "http://127.0.0.1:1/a", login: "http://localhost/b" }, undefined],
    [{ api: "http://gateway.example.com/api", login: fine }, undefined, true],
    [{ api: "http://gateway.example.com/api", login: fine }, /^gateway\.api is not an https address/],
    [{ api: fine, login: "gateway.example.com/secret" }, /^gateway\.login is not an https address/],
    [{ api: fine }, /^gateway\.login /],
    [{ api: "https://me:secret@gateway.example.com", login: fine }, /^gateway\.api /],
    [{ api: `${fine}?key=secret`, login: fine }, /^gateway\.api /],
    [{ api: `${fine}#secret`, login: fine }, /^gateway\.api /],
    [{ api: "https://[secret", login: fine }, /^gateway\.api /],
    [{ api: 7, login: fine }, /^gateway\.api /],
  ];
  for (const [gateway, message, allowHttp] of table) {
    const make = () => new PureCloudSession({ gateway, allowHttp });
    if (!message) make();
    else {
      assert.throws(make, (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    }
  }
});

/** A server that asks for a certificate, of `trusted`. */
function secure(identity: { cert: string; key: string }, trusted?: string): Promise<Scripted> {
  const options = { ...identity, ...(trusted && { requestCert: true, rejectUnauthorized: true, ca: trusted }) };
  return serve(ok, (listener) => createServer(options, listener) as any, "https");
}

test("an authority of one's own is trusted, and a certificate is shown to who asks", async () => {
  const identity = makeCertificate("localhost");
  const client = makeCertificate("client");
  const other = makeCertificate("other");
  const server = await secure(identity, client.cert);
  try {
    const environment = server.origin.replace("127.0.0.1", "localhost");
    const bytes = Buffer.from(client.key);
    assert.equal(await call({ environment, tls: { ca: identity.cert, ...client } }), 1);
    assert.equal(await call({ environment, tls: { ca: [other.cert, identity.cert], cert: client.cert, key: bytes } }), 1);
    assert.match(`${await call({ environment, tls: client })}`, /self-signed certificate/);
    // Which of the two a client sees of a refusal is a matter of timing.
    assert.match(`${await call({ environment, tls: { ca: identity.cert } })}`, /certificate required|ECONNRESET|EPIPE|socket hang up/);
    assert.equal(server.seen.length, 2);
    const agent = new Agent({ ca: identity.cert, ...client });
    assert.equal(await call({ environment, agent, proxy: "http://127.0.0.1:1" }), 1);
    agent.destroy();
  } finally {
    await server.close();
  }
});

test("what cannot be used of certificates is named and not repeated", () => {
  const { cert, key } = makeCertificate("a");
  const other = makeCertificate("b");
  const table: [SessionOptions["tls"], RegExp][] = [
    [{ ca: "/etc/secret.pem" }, /^tls\.ca is not PEM; give the content/],
    [{ cert: "secret", key }, /^tls\.cert is not PEM/],
    [{ cert }, /^tls\.cert is given without tls\.key/],
    [{ key }, /^tls\.key is given without tls\.cert/],
    [{ cert, key: other.key }, /^tls cannot be used: .*must belong together/],
    [{ cert, key: Buffer.from("-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----") }, /^tls cannot be used: /],
  ];
  for (const [tls, message] of table) {
    assert.throws(
      () => new PureCloudSession({ tls }),
      (error: any) => {
        assert.match(error.message, message);
        assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /secret/);
        return true;
      },
    );
  }
});

for (const [name, Session] of Object.entries({ node: PureCloudSession, browser: BrowserSession, bundle: BundleSession })) {
  test(`${name}: a transport of the program sends in place of the built-in one, to allowed hosts alone`, async () => {
    const sent: [string, RequestInit][] = [];
    const transport = async (url: string, init: RequestInit) => {
      sent.push([url, init]);
      return new Response('{"name":"Ada"}', { headers: { "content-type": "application/json", "inin-correlation-id": "c" } });
    };
    const session = new Session({ environment: "mypurecloud.ie", token: SECRET, transport });
    const request = session.makeRequest("POST", "/api/v2/users/search", { query: [] });
    assert.deepEqual(await request, { name: "Ada" });
    assert.equal(request.getResponseHeader("inin-correlation-id"), "c");
    const [url, { method, headers, body, signal }] = sent[0]!;
    assert.deepEqual(
      [url, method, (headers as any).authorization, body],
      ["https://api.mypurecloud.ie/api/v2/users/search", "POST", `Bearer ${SECRET}`, '{"query":[]}'],
    );
    assert.ok(signal instanceof AbortSignal);
    await assert.rejects(session.get("https://evil.example/x"), /evil\.example is not in allowedHosts/);
    assert.equal(sent.length, 1);
  });

  test(`${name}: what a transport of the program throws is an error like any other`, async () => {
    const transport = (): never => {
      throw new Error("no wire");
    };
    const session = new Session({ transport, retry: false });
    await assert.rejects(session.get("/x"), (error: any) => error.kind == "broken" && /no wire/.test(error.message));
    assert.throws(() => new Session({ transport: {} as any }), /^PureCloudError: transport is not a function/);
  });
}
