/**
 * Reads the table of an API class: one short text that holds all its operations, written by the generator.
 *
 * Names are made here by the rules that made them in the first place, so the table holds only the names that no rule
 * gives. The text is a sequence of paths, each followed by its operations:
 *
 *     0users*=(expand)~1me=a
 *
 * - A number starts a path: how many segments of the path before it go, then the segments that come. `*` is a parameter
 *   named for the segment before it (`users` gives `{userId}`), `{name}` any other parameter, `[text]` a segment as it
 *   is, and anything else a literal, set apart from another literal by `/`; it does not begin with a digit. A path is
 *   below `/api/v2` unless its first segment says otherwise by its own `/`.
 * - A sign starts an operation and says its method; `POST`, `PUT` and `PATCH` have a required body called `body`, the
 *   others none, unless `@` follows, which turns this round. Parameters of the path come first unless the list has them
 *   (sign `/`), then that body, then the list.
 * - The signs `%` and `` ` `` are of a field of the form that the body is, which is no argument; the items of the latter are
 *   joined.
 * - An item of the list is `&` if it is required, the sign of its place (none: the query) and a word: `(wire name)`
 *   when it is new, with `=name` in it where no rule gives the argument's name, and from then on the letter of its turn:
 *   `a` to `z`, `A` to `Z`. The signs `{` and `}` make the word the media type of
 *   the answer and of the body.
 * - `-[name]` is the modern name and `'[name]` an older one where the rules do not give them; `'[]` says that there is
 *   no older one, and `-[]` that the modern one is no method of this class.
 * - `.` and a letter at the start of the list say how the listing continues: `a` is the first of `PAGING_STYLES`.
 * - `>` starts the list of the older names, where their arguments differ, and a space that of the older names in a
 *   program of 2016. There a body that no list has need not be given; without such a list, no body need.
 *
 * Text in brackets and parentheses is percent-encoded, so nothing in the table needs another escape.
 */
import type { Operation, Parameter, Place } from "./operation.js";

/** In the order of their signs. */
const METHODS = ["get", "head", "post", "put", "patch", "delete", "options"] as const;
const METHOD_SIGNS = "=?+^~!,";
/** In the order of their signs, the query without one. */
const PLACES = ["query", "path", "body", "header", "dropped", "queryComma", "querySpace", "queryPipe", "field", "fieldComma"] as const;
const PLACE_SIGNS = "/:#$;*|%`";

const PATH_OR_OPERATION = /(\d+)((?:\[.*?\]|[^[=?+^~!,])*)|([=?+^~!,])((?:\(.*?\)|\[.*?\]|[^([=?+^~!,\d])*)/g;
const SEGMENT = /\*|\[(.*?)\]|[^*{[/]+|\{.*?\}/g;
const WORD = /\(.*?\)/g;
const NAME = /[-']\[(.*?)\]/g;
const STYLE = /^\.(.)/;
const ITEM = /(&?)([^\w.(&@]?)([A-Za-z]|\(.*?\))/g;

/** A segment of a path, the path with it, and what the rules make of the path: before it, with it, in older names. */
type Step = readonly [segment: string, path: string, before: string, modern: string, legacy: string];

/**
 * The operations of a class by method name, in every name they have, for programs of 2016 and for others. Each is read when
 * it is first asked for.
 *
 * @param isModern Whether each has its modern name alone, also where an older one hides that.
 */
export function decode(table: string, isModern?: boolean): Map<string, (isFirst?: boolean) => Operation> {
  const operations = new Map<string, (isFirst?: boolean) => Operation>();
  const words = table.match(WORD) || [];
  const steps: Step[] = [["", "/api/v2", "", "", ""]];
  for (const [, gone, coming, sign, text] of table.matchAll(PATH_OR_OPERATION)) {
    if (!sign) {
      steps.length -= +gone!;
      for (const [segment, verbatim] of coming!.matchAll(SEGMENT)) {
        steps.push(step(steps, verbatim == null ? segment : decodeURIComponent(verbatim)));
      }
      continue;
    }
    const [, path, , modern, legacy] = steps[steps.length - 1]!;
    const method = METHODS[METHOD_SIGNS.indexOf(sign)]!;
    let id = method + modern;
    let isMethod = true;
    let paging: number | undefined;
    const [later, first] = text!.split(" ");
    const lists = later!.replace(STYLE, (_, letter: string) => {
      paging = letter.charCodeAt(0) - 97;
      return "";
    });
    lists.split(">").forEach((list, index) => {
      let latest: Operation | undefined;
      let older: Operation | undefined;
      const read = () => (latest ||= readOperation(id, method, path, items, words, paging));
      const readOlder = (isFirst?: boolean) =>
        isFirst ? (older ||= readOperation(id, method, path, items, words, paging, true, first)) : read();
      const add = (name: string, reader = readOlder) => name && !isModern && operations.set(name, reader);
      const items = list.replace(NAME, (sign, name: string) => {
        name = decodeURIComponent(name);
        if (sign[0] === "'") add(name);
        else if (name) id = name;
        else isMethod = false;
        return "";
      });
      if (!index && (isMethod || isModern)) operations.set(id, read);
      // The last list has the last word on it.
      if (!text!.includes("'")) add(method + legacy);
    });
  }
  return operations;
}

function step(steps: readonly Step[], segment: string): Step {
  const [previous, path, before, modern, legacy] = steps[steps.length - 1]!;
  const one = singular(previous);
  if (segment === "*") segment = `{${one || previous}Id}`;
  const isParameter = segment[0] === "{";
  const word = pascal(segment);
  return [
    segment,
    segment[0] === "/" ? segment : `${path}/${segment}`,
    modern,
    isParameter && one ? before + pascal(one) : modern + word,
    // Of two and more segments the first is left out.
    (steps[2] ? legacy : "") + (isParameter ? pascal(segment.toLowerCase()).replace(/id$/, "Id") : word),
  ];
}

function readOperation(
  id: string,
  method: string,
  path: string,
  items: string,
  words: readonly string[],
  paging: number | undefined,
  isFirst?: boolean,
  first?: string,
): Operation {
  let accept: string | undefined;
  let contentType: string | undefined;
  let fields: Parameter[] | undefined;
  // Without a list of its own, a program of 2016 has the other one, and need not give a body.
  const isRelaxed = isFirst && first == null;
  items = first ?? items;
  const inPath = (!items.includes("/") && path.match(/\{.*?\}/g)) || [];
  const parameters = inPath.map((word) => parameter(word, "path", true));
  if ((method[0] === "p") === (items[0] !== "@")) parameters.push(parameter("(body)", "body", !isFirst));
  for (const [, required, sign, item] of items.matchAll(ITEM)) {
    // `a` is the first word and `A` the one after that of `z`.
    const word = item![1] ? item! : words[(item!.charCodeAt(0) + 19) % 58]!;
    const made = parameter(word, PLACES[sign ? PLACE_SIGNS.indexOf(sign) + 1 : 0]!, !!required && !(isRelaxed && sign === ":"));
    if (sign === "{") accept = made.wireName;
    else if (sign === "}") contentType = made.wireName;
    else if (/^field/.test(made.place)) (fields ||= []).push(made);
    else parameters.push(made);
  }
  return {
    ...{ id, method: method.toUpperCase() as Operation["method"], path, parameters },
    ...{ accept, contentType, fields, paging, isFirst },
  };
}

/** `(edgeGroup.id)` is called `edgeGroupId`, `(edgeGroup.id=group)` `group`. */
function parameter(word: string, place: Place, required: boolean): Parameter {
  const [wireName, name] = word.slice(1, -1).split("=").map(decodeURIComponent);
  return { name: name || pascal(wireName!).replace(/^./, (first) => first.toLowerCase()), wireName: wireName!, place, required };
}

/** What one of several is called; empty when the word is not a plural. */
function singular(word: string): string {
  const one = word.replace(/(ie|(ss|us|x|ch|sh)e)?s$/, (_, ending = "", stem = ending && "y") => stem);
  return /[us]s$/.test(word) || one === word ? "" : one;
}

/** The words in `text` with a capital each, without what separates them. */
function pascal(text: string): string {
  return text.replace(/(?:[^A-Za-z0-9]+|^)(.?)/g, (_, first: string) => first.toUpperCase());
}
