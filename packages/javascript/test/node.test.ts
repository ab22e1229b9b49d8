import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { PureCloudSession } from "../src/node.js";
import { chooseProxy, proxyHeaders } from "../src/proxy.js";
import { nextHop } from "../src/redirect.js";
import { makeCertificate } from "./certificate.js";
import { json, serve } from "./server.js";
import type { Scripted } from "./server.js";

test("the proxy is the session's own, or the one that the variables name", () => {
  const P = "http://p:1/";
  const table: [string, string | false | undefined, Record<string, string>, string | undefined, string?][] = [
    ["https://a.com", undefined, {}, undefined],
    ["https://a.com", undefined, { HTTPS_PROXY: P }, P],
    ["https://a.com", undefined, { https_proxy: P }, P],
    ["https://a.com", undefined, { HTTPS_PROXY: "p:1" }, P],
    ["https://a.com", undefined, { HTTP_PROXY: P }, undefined],
    ["http://a.com", undefined, { HTTP_PROXY: P, HTTPS_PROXY: "x" }, P],
    ["https://a.com", "https://q:2", { HTTPS_PROXY: P, NO_PROXY: "*" }, "https://q:2/"],
    ["https://a.com", undefined, { HTTPS_PROXY: P, NO_PROXY: "*" }, undefined],
    ["https://a.com", undefined, { HTTPS_PROXY: P, no_proxy: "b.com, A.com" }, undefined],
    ["https://a.com", undefined, { HTTPS_PROXY: P, NO_PROXY: "b.com xa.com a.co m" }, P],
    ["https://api.a.com", undefined, { HTTPS_PROXY: P, NO_PROXY: "a.com" }, undefined],
    ["https://api.a.com", undefined, { HTTPS_PROXY: P, NO_PROXY: ".a.com" }, undefined],
    ["https://api.a.com", undefined, { HTTPS_PROXY: P, NO_PROXY: "*.a.com" }, undefined],
    ["https://xa.com", undefined, { HTTPS_PROXY: P, NO_PROXY: "a.com" }, P],
    ["https://a.com", undefined, { HTTPS_PROXY: P, NO_PROXY: "a.com:443" }, undefined],
    ["https://a.com:444", undefined, { HTTPS_PROXY: P, NO_PROXY: "a.com:443" }, P],
    ["https://[2001:db8::1]", undefined, { HTTPS_PROXY: P, NO_PROXY: "[2001:db8::1]" }, undefined],
    ["https://a.com", undefined, { HTTPS_PROXY: P, NO_PROXY: ",, ," }, P],
    ["http://127.0.0.1:8085", undefined, { HTTP_PROXY: P }, undefined],
    ["http://localhost", undefined, { HTTP_PROXY: P }, undefined],
    ["http://127.0.0.1:8085", P, {}, P],
    ["https://a.com", undefined, { ALL_PROXY: P }, P],
    ["http://a.com", undefined, { all_proxy: P }, P],
    ["https://a.com", undefined, { ALL_PROXY: "x", HTTPS_PROXY: P }, P],
    ["https://a.com", undefined, { ALL_PROXY: P, NO_PROXY: "a.com" }, undefined],
    ["https://a.com", false, { HTTPS_PROXY: P }, undefined],
    ["https://a.com", P, {}, undefined, "b.com a.com"],
    ["https://a.com", P, { NO_PROXY: "a.com" }, P],
    ["https://a.com", undefined, { HTTPS_PROXY: P, NO_PROXY: "*" }, P, ""],
    ["https://10.1.2.3", undefined, { HTTPS_PROXY: P, NO_PROXY: "10.0.0.0/8" }, undefined],
    ["https://11.1.2.3", undefined, { HTTPS_PROXY: P, NO_PROXY: "10.0.0.0/8" }, P],
    ["https://10.1.2.3", undefined, { HTTPS_PROXY: P, NO_PROXY: "10.0.0.0/99, 10.0.0.0/x, x/8" }, P],
    ["https://a.com", undefined, { HTTPS_PROXY: P, NO_PROXY: "0.0.0.0/0" }, P],
    ["https://[2001:db8::1]", undefined, { HTTPS_PROXY: P, NO_PROXY: "2001:db8::/32" }, undefined],
    ["https://[2001:db8::1]", undefined, { HTTPS_PROXY: P, NO_PROXY: "2001:db8::1" }, undefined],
    ["https://[2001:db8::1]", undefined, { HTTPS_PROXY: P, NO_PROXY: "10.0.0.0/8" }, P],
  ];
  for (const [url, proxy, variables, expected, noProxy] of table) {
    assert.equal(
      chooseProxy(new URL(url), { proxy, noProxy }, (name) => variables[name])?.href,
      expected,
      `${url} ${JSON.stringify(variables)}`,
    );
  }
  for (const address of ["socks5://u:pass@p", "http://u:pass@", "http://p:port"]) {
    assert.throws(
      () => chooseProxy(new URL("https://a.com"), { proxy: address }, () => undefined),
      (error: Error) =>
        /the address of the proxy must be like/.test(error.message) && !/pass/.test(JSON.stringify(error)),
    );
  }
  assert.deepEqual(proxyHeaders(new URL("http://u%40:p%3A@h")), { "proxy-authorization": `Basic ${btoa("u@:p:")}` });
  assert.deepEqual(proxyHeaders(new URL("http://u:100%25%zz@h")), { "proxy-authorization": `Basic ${btoa("u:100%25%zz")}` });
  assert.deepEqual(proxyHeaders(new URL("http://h")), {});
});

test("redirects follow the rules of browsers", () => {
  const at = "https://a.com/x/y";
  const table: [number, string | undefined, string, string | undefined][] = [
    [200, "/z", "GET", undefined],
    [304, "/z", "GET", undefined],
    [302, undefined, "GET", undefined],
    [301, "/z", "GET", "GET https://a.com/z body token"],
    [302, "z?q", "GET", "GET https://a.com/x/z?q body token"],
    [301, "/z", "POST", "GET https://a.com/z token"],
    [302, "/z", "POST", "GET https://a.com/z token"],
    [302, "/z", "PUT", "PUT https://a.com/z body token"],
    [303, "/z", "PUT", "GET https://a.com/z token"],
    [303, "/z", "HEAD", "HEAD https://a.com/z body token"],
    [307, "/z", "POST", "POST https://a.com/z body token"],
    [308, "/z", "DELETE", "DELETE https://a.com/z body token"],
    [302, "https://b.com/z", "GET", "GET https://b.com/z body"],
    [302, "//b.com/z", "GET", "GET https://b.com/z body"],
    [302, "https://a.com:444/z", "GET", "GET https://a.com:444/z body"],
    [302, "https://A.com:443/z", "GET", "GET https://a.com/z body token"],
  ];
  for (const [status, location, method, expected] of table) {
    const hop = nextHop(0, status, location, method, new URL(at));
    const said =
      hop && `${hop.method} ${hop.url}${hop.keepsBody ? " body" : ""}${hop.keepsCredentials ? " token" : ""}`;
    assert.equal(said, expected, `${status} ${location} ${method}`);
  }
  for (const location of [
    "http://a.com/z",
    "ftp://a.com/",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://[/",
  ]) {
    assert.throws(() => nextHop(0, 302, location, "GET", new URL(at)), /redirect/);
  }
  assert.ok(nextHop(4, 302, "/z", "GET", new URL(at)));
  assert.throws(() => nextHop(5, 302, "/z", "GET", new URL(at)), /more than 5 redirects/);
});

/** A platform of one path, for as long as `use` takes. */
async function withServer(
  scripts: Parameters<typeof serve>[0],
  use: (server: Scripted) => Promise<void>,
): Promise<void> {
  const server = await serve(scripts);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

test("connections are kept and used again", async () => {
  await withServer(
    { "/ok": (_, response) => json(response, 1), "/no": (_, response) => json(response, {}, 404) },
    async (server) => {
      const session = PureCloudSession(server.origin);
      for (let call = 0; call < 10; call++) await session.get(call % 2 ? "/ok" : "/no").catch(() => {});
      assert.equal(server.connections(), 1);
      await Promise.all([1, 2, 3].map(() => session.get("/ok")));
      assert.equal(server.connections(), 3);
    },
  );
});

test("a cancelled request takes no other with it", async () => {
  await withServer({ "/ok": (_, response) => json(response, 1), "/hang": () => {} }, async (server) => {
    const session = PureCloudSession(server.origin);
    const first = session.get("/ok");
    await first;
    first.abort();
    assert.equal(await session.get("/ok"), 1);
    assert.equal(server.connections(), 1, "stopping what is over leaves its connection alone");
    const hanging = session.get("/hang").fail(() => {});
    const other = session.get("/ok");
    hanging.abort();
    assert.equal(await other, 1);
  });
});

test("a connection that the platform closed while idle is replaced where that does no harm", async () => {
  let calls = 0;
  const script = (request: any, response: any) => {
    // The second request on a connection meets its end, as if both had happened at once.
    if (++calls % 2 == 0) request.socket.destroy();
    else json(response, calls);
  };
  await withServer({ "/x": script }, async (server) => {
    const session = PureCloudSession(server.origin);
    assert.equal(await session.get("/x"), 1);
    assert.equal(await session.get("/x"), 3);
    const error: any = await session.makeRequest("POST", "/x", {}).catch((error) => error);
    assert.deepEqual([error.status, error.code], [0, "ECONNRESET"], "it might be acted on twice");
    assert.equal(calls, 4);
  });
});

test("a server that is not there is a failure with the system's code", async () => {
  let origin = "";
  await withServer({}, async (server) => void (origin = server.origin));
  const error: any = await PureCloudSession(origin)
    .get("/x")
    .catch((error) => error);
  assert.deepEqual([error.code, error.status, error.statusText], ["ECONNREFUSED", 0, "error"]);
  assert.match(error.message, /^GET \/x: connect ECONNREFUSED 127\.0\.0\.1/);
});

/** A proxy that hands requests on, and connects every tunnel to `target`. */
async function withProxy(
  target: Scripted,
  use: (proxy: Scripted & { tunnels: string[] }) => Promise<void>,
  answer = 200,
): Promise<void> {
  const tunnels: string[] = [];
  const proxy = await serve({});
  proxy.server.removeAllListeners("request");
  proxy.server.on("request", (request, response) => {
    proxy.seen.push({ method: request.method!, url: request.url!, headers: request.headers, body: "" });
    const { pathname } = new URL(request.url!);
    const { host, "proxy-authorization": _, ...headers } = request.headers;
    const onward = httpRequest(target.origin + pathname, { method: request.method, headers }, (message) => {
      response.writeHead(message.statusCode!, message.headers);
      message.pipe(response);
    });
    request.pipe(onward);
  });
  proxy.server.on("connect", (request, socket) => {
    tunnels.push(`${request.url} ${request.headers["proxy-authorization"] ?? ""}`);
    if (answer != 200) {
      socket.end(`HTTP/1.1 ${answer} No\r\n\r\n`);
      return;
    }
    const { port } = target.server.address() as AddressInfo;
    const onward = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connected\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  try {
    await use(Object.assign(proxy, { tunnels }));
  } finally {
    await proxy.close();
  }
}

test("unencrypted requests are handed to the proxy whole", async () => {
  await withServer({ "/ok": (_, response) => json(response, 1) }, (server) =>
    withProxy(server, async (proxy) => {
      const address = proxy.origin.replace("//", "//user:pass%20word@");
      const session = PureCloudSession({
        environment: "http://platform.test",
        allowHttp: true,
        proxy: address,
        token: "token",
      });
      assert.equal(await session.get("/ok?a=1"), 1);
      assert.equal(await session.get("/ok"), 1);
      const { url, headers } = proxy.seen[0]!;
      assert.deepEqual(
        [url, headers.host, headers["proxy-authorization"]],
        ["http://platform.test/ok?a=1", "platform.test", `Basic ${btoa("user:pass word")}`],
      );
      assert.equal("proxy-authorization" in server.seen[0]!.headers, false);
      assert.equal(proxy.connections(), 1);
    }),
  );
});

/** What a Node process prints that runs `code` with a session to https://platform.test, in an environment of its own. */
function run(code: string, environment: Record<string, string>): Promise<string> {
  const script = `
    const before = process.moduleLoadList.length;
    const { PureCloudSession } = await import(${JSON.stringify(new URL("../src/node.js", import.meta.url).href)});
    const loaded = process.moduleLoadList.slice(before);
    const session = new PureCloudSession({ token: "token-0123456789" });
    ${code}`;
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PURECLOUD_ENVIRONMENT: "https://platform.test", ...environment };
    execFile(process.execPath, ["--input-type=module", "--eval", script], { env, timeout: 20_000 }, (error, stdout) => {
      if (error) reject(error);
      else resolve(stdout.trim());
    });
  });
}

test("encrypted requests go through a tunnel, with the platform's certificate checked", async () => {
  const { cert, key } = makeCertificate("platform.test");
  const folder = await mkdtemp(join(tmpdir(), "purecloud-"));
  const trusted = join(folder, "ca.pem");
  await writeFile(trusted, cert);
  const secure = await serve(
    { "/ok": (_, response) => json(response, "secret") },
    (listener) => createSecureServer({ cert, key }, listener) as any,
    "https",
  );
  const get =
    'for (let call = 0; call < 3; call++) await session.get("/ok").then((data) => console.log(data), (error) => console.log(error.message, error.code));';
  try {
    await withProxy(secure, async (proxy) => {
      const HTTPS_PROXY = proxy.origin.replace("//", "//user:password@");
      assert.equal(await run(get, { HTTPS_PROXY, NODE_EXTRA_CA_CERTS: trusted }), "secret\nsecret\nsecret");
      assert.deepEqual(proxy.tunnels, [`platform.test:443 Basic ${btoa("user:password")}`], "one tunnel for all");
      assert.deepEqual([secure.seen.length, secure.seen[0]!.headers.host], [3, "platform.test"]);
      assert.match(await run(get, { HTTPS_PROXY }), /self-signed certificate/);
      assert.equal(secure.seen.length, 3);
    });
    await withProxy(
      secure,
      async (proxy) => {
        const said = await run(get, { HTTPS_PROXY: proxy.origin.replace("//", "//user:password@") });
        assert.match(said, /^GET \/ok: the proxy 127\.0\.0\.1:\d+ answered 407/);
        assert.doesNotMatch(said, /password/);
      },
      407,
    );
  } finally {
    await secure.close();
    await rm(folder, { recursive: true });
  }
});

test("loading the package loads nothing of Node's, and an idle connection keeps no process alive", async () => {
  await withServer({ "/ok": (_, response) => json(response, 1) }, async (server) => {
    const code = `
      console.log(loaded.filter((name) => /NativeModule (_?http|_?tls|net|zlib|fs|internal.deps.undici)/.test(name)).length);
      session.get("/ok").done(console.log);`;
    assert.match(await run(code, { PURECLOUD_ENVIRONMENT: server.origin }), /^0\n1 success /);
  });
});

test("a header beyond ASCII is the same with a text as without", async () => {
  const server = await serve({ "/api/v2/users": (_, response) => json(response, {}) });
  const session = new PureCloudSession({ environment: server.origin, headers: { "x-name": "\u00e4" } });
  await session.get("/api/v2/users");
  await session.makeRequest("POST", "/api/v2/users", { name: "\u00e4" });
  await server.close();
  assert.deepEqual(server.seen.map(({ headers }) => headers["x-name"]), ["\u00e4", "\u00e4"]);
  assert.equal(server.seen[1]!.body, '{"name":"\u00e4"}');
});
