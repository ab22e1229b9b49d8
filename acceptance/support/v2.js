// Today's official SDK and ours in its place, side by side before one server that records what they send.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { generated } from "./environment.js";

const require = createRequire(import.meta.url);

/** The official SDK, 262.0.0. */
export const official = require("purecloud-platform-client-v2");
/** The declarations of the official SDK. */
export const officialTypes = readFileSync(require.resolve("purecloud-platform-client-v2/index.d.ts"), "utf8");
/** Our module for Node. */
export const ours = require(path.join(generated, "cjs/v2-node.js"));

/** The methods of the official SDK by class, each with its arguments and the members of `opts`, as `[name, type]`. */
export function readMethods() {
  const options = new Map();
  for (const [, api, body] of officialTypes.matchAll(/^declare namespace (\w+Api) \{([\s\S]*?)^\}/gm)) {
    for (const [, method, members] of body.matchAll(/export interface (\w+)Options \{([\s\S]*?)\n\t\}/g)) {
      options.set(`${api}.${method}`, [...members.matchAll(/"?(\w+)"?\?: (.*);/g)].map(([, name, type]) => [name, type]));
    }
  }
  const methods = [];
  for (const [, api, body] of officialTypes.matchAll(/^declare class (\w+Api) \{([\s\S]*?)^\}/gm)) {
    for (const [, method, list] of body.matchAll(/^\s+(\w+)\((.*?)\): Promise<.*>;/gm)) {
      const args = [...list.matchAll(/(\w+)\??: ([^,]*(?:<[^>]*>)?)/g)].map(([, name, type]) => [name, type]);
      methods.push({
        api,
        method,
        args: args.filter(([name]) => name !== "opts"),
        options: (options.get(`${api}.${method}`) || []).filter(([name]) => name !== "customHeaders"),
      });
    }
  }
  return methods;
}

/** Records requests, and answers them with what `answer` says: `{ status, headers, body }`. */
export async function startRecorder() {
  const recorder = { seen: [], answer: () => ({}) };
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      const { method, url, headers } = request;
      const seen = { method, url, headers, body };
      recorder.seen.push(seen);
      const { status = 200, headers: more, body: content = '{"ok":true}' } = recorder.answer(seen, recorder.seen.length);
      response.writeHead(status, { "content-type": "application/json", ...more }).end(content);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  recorder.port = server.address().port;
  recorder.gateway = { host: "127.0.0.1", protocol: "http", port: recorder.port };
  recorder.stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return recorder;
}

/** What of a request matters to the platform. Between these, the two SDKs must not differ. */
export function matters({ method, url, headers, body }) {
  const [address, query = ""] = url.split("?");
  const { authorization, accept, "content-type": type } = headers;
  const own = Object.entries(headers).filter(([name]) => /^(if-|x-|accept-language|idempotency|genesys)/.test(name));
  return {
    ...{ method, address, body, authorization, accept, own },
    type: body || method === "GET" ? type : undefined,
    query: [...new URLSearchParams(query)].map(([name, value]) => `${name}=${value}`).sort(),
  };
}
