/** Forms: the content of a request from an object of its fields. Only packages of definitions that have forms have it. */
import type { Parameter } from "./operation.js";
import { parts } from "./parts.js";
import { checkJson, isBinary, isPlain, isStream, kindOf, plainText } from "./prepare.js";

/**
 * Writes the fields of a form.
 *
 * `undefined`, `null` and empty lists are left out; a list is one field for each item, unless `known` says that its items
 * are joined. In `multipart/form-data`, binary data and streams are files, alone or as `{content, filename, contentType}`,
 * and other objects are JSON. Texts are written as they are.
 *
 * @throws {TypeError} for a field that is missing, or that the form has no way to write.
 */
export type FormPart = (
  fields: any,
  type: string,
  known?: readonly Parameter[],
  boundary?: string,
) => readonly [data: unknown, type: string];

const writeForm: FormPart = (fields, type, known = [], given) => {
  if (!isPlain(fields) && kindOf(fields) != "Object") {
    throw new TypeError(`${kindOf(fields)}: neither an object of fields nor a form`);
  }
  const entries: [name: string, value: any][] = [];
  for (const [name, value] of Object.entries<any>(fields)) {
    const joins = known.some(({ wireName, place }) => wireName == name && place == "fieldComma");
    for (const item of [joins && value?.[0] != null ? inField(name, () => plainText(value)) : value].flat()) {
      if (item != null) entries.push([name, item]);
    }
  }
  for (const { wireName, required } of known) {
    if (required && !entries.some(([name]) => name == wireName)) throw new TypeError(`the field ${wireName} is missing`);
  }
  if (!/^multipart/i.test(type)) {
    return [`${new URLSearchParams(entries.map(([name, value]) => [name, inField(name, () => plainText(value))]))}`, type];
  }
  const boundary = given ?? newBoundary();
  const chunks = entries.flatMap(([name, value]) => {
    const [content, head] = inField(name, () => writeField(value));
    return [`--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(name)}"${head}\r\n\r\n`, content, "\r\n"];
  });
  chunks.push(`--${boundary}--\r\n`);
  return [chunks.some(isStream) ? joinedStream(chunks) : new Blob(chunks), `multipart/form-data; boundary=${boundary}`];
};

/** What `make` gives; what it throws names the field. */
function inField<Made>(name: string, make: () => Made): Made {
  try {
    return make();
  } catch (error) {
    throw new TypeError(`${name}: ${(error as Error).message}`);
  }
}

/** The content of a field, and what its head says besides the name. */
function writeField(value: any): [content: any, head: string] {
  const isFile = (content: any) => isStream(content) || isBinary(content);
  const { content, filename, contentType } = isPlain(value) && isFile(value["content"]) ? value : ({ content: value } as any);
  if (isFile(content)) {
    // A `File` has a name, and so has a stream that reads a file.
    const name = filename ?? content.name ?? `${content.path || "blob"}`.replace(/.*[\\/]/, "");
    const type = `${contentType || content.type || "application/octet-stream"}`;
    if (/[^ -~]/.test(type)) throw new TypeError("a content type with characters that no header can hold");
    return [content, `; filename="${escapeName(`${name}`)}"\r\nContent-Type: ${type}`];
  }
  if (typeof value != "object" || value instanceof Date) return [plainText(value), ""];
  return [JSON.stringify(value, checkJson), "\r\nContent-Type: application/json"];
}

/** As the HTML standard writes names, so that none can end early. */
function escapeName(name: string): string {
  return name.replace(/[\r\n"]/g, encodeURIComponent);
}

function newBoundary(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** One piece after another, each read when it is asked for. */
function joinedStream(chunks: readonly any[]): ReadableStream {
  const pieces = formPieces(chunks);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => void pieces.return(),
  });
}

async function* formPieces(chunks: readonly any[]): AsyncGenerator<Uint8Array, void> {
  for (const chunk of chunks) {
    const stream = isStream(chunk) ? chunk : new Blob([chunk]).stream();
    const reader = stream.getReader?.();
    if (reader) {
      for (let piece; !(piece = await reader.read()).done; ) yield bytesOf(piece.value);
    } else {
      for await (const piece of stream) yield bytesOf(piece);
    }
  }
}

function bytesOf(piece: Uint8Array | string): Uint8Array {
  return typeof piece == "string" ? new TextEncoder().encode(piece) : piece;
}

parts.form = () => writeForm;
