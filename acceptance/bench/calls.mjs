// Calls of one client against `server.mjs`: `calls.mjs CLIENT PORT CALLS` makes so many, 32 in flight, and prints what they
// took; `calls.mjs CLIENT PORT CALLS memory` begins them all at a time and prints the bytes that each holds.
import http from "node:http";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const IN_FLIGHT = 32;
const [client, port, count, memory] = process.argv.slice(2);
const calls = Number(count);
const origin = `http://127.0.0.1:${port}`;
const target = "/api/v2/users/me";
const headers = { authorization: "Bearer token", accept: "application/json", "user-agent": "bench/1" };

/** Each makes one call and resolves with the user. */
const clients = {
  "node:http": () => {
    const agent = new http.Agent({ keepAlive: true });
    return () =>
      new Promise((resolve, reject) => {
        const request = http.request({ host: "127.0.0.1", port, path: target, agent, headers }, (response) => {
          const chunks = [];
          response.on("data", (chunk) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
        });
        request.on("error", reject);
        request.end();
      });
  },
  undici: () => {
    const { Agent, request } = require("undici");
    const dispatcher = new Agent();
    return async () => (await request(origin + target, { dispatcher, headers })).body.json();
  },
  fetch: () => async () => (await fetch(origin + target, { headers })).json(),
  purecloud: () => ours({}),
  "purecloud-all": () => ours({ maxInFlight: calls }),
  "262.0.0": () => {
    const platform = require("purecloud-platform-client-v2");
    const { instance } = platform.ApiClient;
    instance.setGateway({ host: "127.0.0.1", protocol: "http", port: Number(port) });
    instance.setAccessToken("token");
    const users = new platform.UsersApi();
    return () => users.getUsersMe();
  },
  "0.88.8": () => {
    const { PureCloudSession, UsersApi } = require("purecloud_api_sdk_javascript");
    const session = new PureCloudSession({ strategy: "token", token: "token", timeout: 60_000 });
    session.apiUrl = origin;
    const users = new UsersApi(session);
    return () => users.getMe();
  },
};

function ours(options) {
  // By its name, as programs do: Node is given other files than bundlers.
  const { PureCloudSession, UsersApi } = createRequire(`${process.env.PURECLOUD_PACKAGE}/`)("purecloud");
  const users = new UsersApi(new PureCloudSession({ environment: origin, token: "token", ...options }));
  return () => users.getUsersMe();
}

const call = clients[client]();

async function run(number) {
  let left = number;
  const worker = async () => {
    while (left-- > 0) if ((await call()).version !== 7) throw new Error(`${client} got another user`);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

/** Bytes in use, once nothing is left to collect. */
async function used() {
  for (let round = 0; round < 3; round++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How many sockets this process has open. */
const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;

if (memory) {
  const before = await used();
  const pending = [];
  for (let made = 0; made < calls; made++) {
    pending.push(call());
    // Connections are taken as fast as they are opened.
    if (made % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  console.log(JSON.stringify({ bytes: (await used()) - before, sockets: sockets(), pending: pending.length }));
} else {
  await run(Math.max(calls / 5, 1000));
  const [began, busy] = [process.hrtime.bigint(), process.cpuUsage()];
  await run(calls);
  const { user, system } = process.cpuUsage(busy);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  console.log(JSON.stringify({ perSecond: calls / seconds, microseconds: (user + system) / calls }));
}
process.exit();
