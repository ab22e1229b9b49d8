// A server on this machine that notes every request and answers each of them alike.
import { createServer } from "node:http";

/** Starts one; resolves with `{ origin, requests, stop }`. `answer` writes what is answered: by default `{}`. */
export async function startRecorder(answer = (_, response) => response.setHeader("content-type", "application/json").end("{}")) {
  const requests = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { method, headers } = request;
      const { pathname: path, searchParams } = new URL(request.url, "http://localhost");
      const seen = { method, path, query: [...searchParams], headers, body: Buffer.concat(chunks).toString(), url: request.url };
      requests.push(seen);
      response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
      response.setHeader("access-control-allow-headers", "authorization, content-type");
      answer(seen, response);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, requests, stop };
}
