// Answers every request alike, with as little work as a server can have: `server.mjs` prints the port. With `silent`, it
// reads and never answers.
import { createServer } from "node:net";

const silent = process.argv[2] === "silent";
const user = JSON.stringify({
  id: "d5bb1a4e-9a2e-4d49-9d2a-9b54d3f1b0f5",
  name: "Ada Lovelace",
  division: { id: "3f1c5a10-3e6a-4d6b-8f4e-0d1c2b3a4958", name: "Home", selfUri: "/api/v2/authorization/divisions/3f1c5a10-3e6a-4d6b-8f4e-0d1c2b3a4958" },
  department: "Engines",
  email: "ada.lovelace@example.com",
  state: "active",
  title: "Analyst",
  username: "ada.lovelace@example.com",
  version: 7,
  acdAutoAnswer: false,
  selfUri: "/api/v2/users/d5bb1a4e-9a2e-4d49-9d2a-9b54d3f1b0f5",
});
// The headers of the platform, with a rate limit that nobody reaches here.
const answer = Buffer.from(
  [
    "HTTP/1.1 200 OK",
    "Content-Type: application/json",
    `Content-Length: ${user.length}`,
    "Connection: keep-alive",
    "Keep-Alive: timeout=60",
    "inin-correlation-id: 0f9f8b1e-2f3a-4b5c-8d6e-7f8091a2b3c4",
    "inin-ratelimit-count: 1",
    "inin-ratelimit-allowed: 1000000000",
    "inin-ratelimit-reset: 60",
    "Cache-Control: no-cache, no-store, must-revalidate",
    "Strict-Transport-Security: max-age=600; includeSubDomains",
    "",
    user,
  ].join("\r\n"),
);

const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => {});
  // A client sends one request at a time on a connection, in one piece, and each of them is a GET.
  socket.on("data", (chunk) => {
    if (!silent && chunk.indexOf("\r\n\r\n") > 0) socket.write(answer);
  });
});
server.listen({ port: 0, host: "127.0.0.1", backlog: 10_000 }, () => console.log(server.address().port));
