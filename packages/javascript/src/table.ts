/**
 * Reads the table of an API class: one short text that holds all its operations, written by the generator.
 *
 * Names are made here by the rules that made them in the first place, so the table holds only the names that no rule
 * gives. The text is a sequence of paths, each followed by its operations:
 *
 *     0users*=(expand)~1me=a
 *
 * - A number starts a path: how many segments of the path before it go, then the segments that come. `*` is a parameter
 *   named for the segment before it (`users` gives `{userId}`), `{name}` any other parameter, `(text)` a segment as it
 *   is, and anything else a literal, set apart from another literal by `/`; it does not begin with a digit.
 * - A sign starts an operation and says its method; `POST`, `PUT` and `PATCH` have a required body called `body`, the
 *   others none, unless `@` follows, which turns this round. Parameters of the path come first unless the list has them
 *   (sign `/`), then that body, then the list.
 * - An item of the list is `&` if it is required, the sign of its place (none: the query) and a word: `(wire name)`
 *   when it is new, with `=name` in it where no rule gives the argument's name, and from then on the letter of its turn:
 *   `a` to `z`, `A` to `Z`. `.` is the optional body called `body`.
 * - `-(name)` is the modern name and `'(name)` an older one where the rules do not give them; `'()` says that there is
 *   no older one. `[` and `]` go before the media type of the answer and of the body.
 * - `>` starts the arguments of the older names, where they differ.
 *
 * Text between parentheses is percent-encoded, so nothing in the table needs another escape.
 */
import type { Operation, Parameter, Place } from "./operation.js";

const METHODS: Readonly<Record<string, Operation["method"]>> = {
  "=": "GET",
  "?": "HEAD",
  "+": "POST",
  "^": "PUT",
  "~": "PATCH",
  "!": "DELETE",
  ",": "OPTIONS",
};

const PLACES: Readonly<Record<string, Place>> = {
  "": "query",
  "/": "path",
  ":": "body",
  "#": "header",
  ";": "queryComma",
  "*": "querySpace",
  "|": "queryPipe",
  $: "dropped",
};

const PATH_OR_OPERATION = /(\d+)((?:\([^)]*\)|[^(=?+^~!,])*)|([=?+^~!,])((?:\([^)]*\)|[^(=?+^~!,\d])*)/g;
const SEGMENT = /\*|\((.*?)\)|[^*{(/]+|\{.*?\}/g;
const ITEM = /(&?)([^\w.(&@]?)([A-Za-z.]|\(([^)=]*)=?(.*?)\))/g;

/** A wire name, and the argument's where the rule does not give it. Media types are words, too. */
type Word = readonly [wireName: string, name?: string];

/** The operations of a class by method name, in every name they have. */
export function decode(table: string): Map<string, Operation> {
  const operations = new Map<string, Operation>();
  const segments: string[] = [];
  const words: Word[] = [];
  for (const [, gone, coming, sign, text] of table.matchAll(PATH_OR_OPERATION)) {
    if (sign) {
      addOperation(operations, words, segments, METHODS[sign]!, text!);
      continue;
    }
    segments.length -= +gone!;
    for (const [segment, verbatim] of coming!.matchAll(SEGMENT)) {
      const before = segments[segments.length - 1]!;
      segments.push(
        segment === "*" ? `{${singular(before) || before}Id}` : verbatim == null ? segment : decodeURIComponent(verbatim),
      );
    }
  }
  return operations;
}

function addOperation(
  operations: Map<string, Operation>,
  words: Word[],
  segments: readonly string[],
  method: Operation["method"],
  text: string,
): void {
  const relative = segments.join("/");
  const path = relative[0] === "/" ? relative : `/api/v2/${relative}`;
  const inPath = [...path.matchAll(/\{(.*?)\}/g)].map(([, name]) => parameter([name!], "path", true));
  const lists = text.split(">");
  let id = modernName(method, relative);
  let accept: string | undefined;
  let contentType: string | undefined;
  lists.forEach((list, index) => {
    const older = text.includes("'") || index < lists.length - 1 ? [] : [legacyName(method, segments)];
    const hasBody = /^P/.test(method) === (list[0] !== "@");
    const parameters = hasBody ? [parameter(["body"], "body", true)] : [];
    for (const [, required, sign, letter, first, second] of list.matchAll(ITEM)) {
      const code = letter!.charCodeAt(0);
      const word: Word =
        first != null
          ? [decodeURIComponent(first), decodeURIComponent(second!)]
          : letter === "."
            ? ["body"]
            : words[code - (code > 96 ? 97 : 39)]!;
      if (sign === "-") id = word[0];
      else if (sign === "'") older.push(word[0]);
      else {
        if (first != null) words.push(word);
        if (sign === "[") accept = word[0];
        else if (sign === "]") contentType = word[0];
        else parameters.push(parameter(word, letter === "." ? "body" : PLACES[sign!]!, !!required));
      }
    }
    if (!parameters.some(({ place }) => place === "path")) parameters.unshift(...inPath);
    const operation = { id, method, path, parameters, accept, contentType };
    for (const name of index ? older : [id, ...older]) if (name) operations.set(name, operation);
  });
}

function parameter([wireName, name]: Word, place: Place, required: boolean): Parameter {
  return { name: name || argumentName(wireName), wireName, place, required };
}

/** `edgeGroup.id` gives `edgeGroupId`. */
function argumentName(wireName: string): string {
  return pascal(wireName).replace(/^./, (first) => first.toLowerCase());
}

/** `GET` and `users/{userId}/queues` give `getUserQueues`. */
function modernName(method: string, path: string): string {
  let name = method.toLowerCase();
  for (const [, word, parameter = ""] of path.matchAll(/([^{}/]+)(?:\/\{(.*?)\})?/g)) {
    const one = parameter && singular(word!);
    name += one ? pascal(one) : pascal(word!) + pascal(parameter);
  }
  return name;
}

/** `GET` and `users/{userId}/queues` give `getUserIdQueues`: the first segment is left out. */
function legacyName(method: string, segments: readonly string[]): string {
  const words = segments
    .slice(segments.length > 1 ? 1 : 0)
    .map((word) => (word[0] === "{" ? pascal(word.toLowerCase()).replace(/id$/, "Id") : pascal(word)));
  return method.toLowerCase() + words.join("");
}

/** What one of several is called; empty when the word is not a plural. */
function singular(word: string): string {
  if (word === "alias") return word;
  if (/[us]s$/.test(word)) return "";
  if (/ies$/.test(word)) return `${word.slice(0, -3)}y`;
  return word.slice(0, /(?:ss|us|x|ch|sh)es$/.test(word) ? -2 : /s$/.test(word) ? -1 : 0);
}

/** The words in `text` with a capital each, without what separates them. */
function pascal(text: string): string {
  return text.replace(/(?:[^A-Za-z0-9]+|^)(.?)/g, (_, first: string) => first.toUpperCase());
}
