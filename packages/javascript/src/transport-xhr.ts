import { tooLong } from "./error.js";
import { isText } from "./host.js";
import type { Answer, Sink, Stop, Wire } from "./host.js";

/** Sends with `XMLHttpRequest`, where there is no `fetch`. */
export function sendWithXhr({ method, url, headers, body, limit, sent, received }: Wire, sink: Sink): Stop {
  const request = new XMLHttpRequest();
  const answer = (cut?: unknown): Answer => {
    const { status, statusText, response, responseType } = request;
    const lines = request.getAllResponseHeaders().matchAll(/^(.*?): *(.*?)\r?$/gm);
    const headers = Object.fromEntries([...lines].map(([, name, value]) => [name!.toLowerCase(), value!]));
    if (cut) return { status, statusText, headers, cut };
    return { status, statusText, headers, [responseType ? "response" : "responseText"]: response };
  };
  request.open(method, url);
  for (const name in headers) request.setRequestHeader(name, headers[name]!);
  request.onreadystatechange = () => {
    if (request.readyState == 2 && !isText(request.getResponseHeader("content-type") || "")) request.responseType = "blob";
  };
  request.onprogress = ({ loaded }) => {
    if (loaded <= limit) {
      received?.(loaded, answer().headers);
      return;
    }
    sink.answered(answer(tooLong(limit)));
    request.abort();
  };
  if (sent) request.upload.onprogress = ({ loaded, total, lengthComputable }) => sent(loaded, lengthComputable ? total : undefined);
  request.onload = () => sink.answered(answer());
  request.onerror = () => sink.failed(new Error("no connection, or an answer that this page may not read"));
  request.send(body as XMLHttpRequestBodyInit);
  return () => request.abort();
}
