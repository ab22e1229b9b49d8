/** A scripted server, for what a well-behaved platform never does. */
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A server on a free port of this machine. */
export interface Scripted {
  readonly origin: string;
  readonly server: Server;
  /** Requests so far, with their bodies. */
  readonly seen: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[];
  /** Connections so far. */
  connections(): number;
  close(): Promise<void>;
}

/** Starts a server that answers by path; a path without a script gets 404. */
export async function serve(
  scripts: Record<string, (request: IncomingMessage, response: ServerResponse, body: string) => void>,
  create: (listener: RequestListener) => Server = (listener) => createServer(listener),
  scheme = "http",
): Promise<Scripted> {
  const seen: Scripted["seen"] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = create((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("error", () => {});
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      seen.push({ method, url, headers, body });
      const script = scripts[url.split("?")[0]!];
      if (script) script(request, response, body);
      else json(response, { message: "The requested resource was not found.", code: "not.found" }, 404);
    });
  });
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    seen,
    connections: () => connections,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}
