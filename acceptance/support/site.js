// A web server for pages of a test: for what a browser does only with a page that comes from this machine.
import { createServer } from "node:http";

/** Serves `files`, which maps paths to contents, on a free port; resolves with the origin and a way to end it. */
export async function serveSite(files) {
  const server = createServer(({ url }, response) => {
    const content = files[new URL(url, "http://localhost").pathname];
    response.writeHead(content === undefined ? 404 : 200, {
      "content-type": url.endsWith(".js") ? "text/javascript; charset=utf-8" : "text/html; charset=utf-8",
    });
    response.end(content);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}
