// The definition as the tests read it: straight from the JSON files, with none of the toolchain's own code, so that
// what the generator believes is held against a second reading.
import { readFileSync } from "node:fs";
import path from "node:path";
import { root } from "./environment.js";

const read = (name) => JSON.parse(readFileSync(path.join(root, "definitions", name), "utf8"));

/** `"GET /api/v2/users/{userId}"` → operation, with `method` and `path` added. */
function operationsOf(definition) {
  const operations = new Map();
  for (const [template, item] of Object.entries(definition.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const key = `${method.toUpperCase()} ${template}`;
      operations.set(key, { ...operation, key, method: method.toUpperCase(), path: template, definition });
    }
  }
  return operations;
}

export const modern = operationsOf(read("platform-v2.json"));
export const old = new Map([...operationsOf(read("platform-v2-retired.json")), ...operationsOf(read("platform-v2-legacy.json"))]);

/** The operations of the SDK of 2016, and of that of 2017. */
export const first = operationsOf(read("platform-v2-2016.json"));
export const second = operationsOf(read("platform-v2-legacy.json"));

/** `[{ api, name, operation }]`: names that only releases between those two had. */
export const namesBetween = Object.entries(read("legacy-names-between.json")).flatMap(([key, names]) => {
  const [method, path] = key.split(" ");
  return names.map(({ api, name, parameters }) => ({ api, name, operation: { key, method, path, parameters } }));
});

/** `"METHOD path"` → `[{ api, name }]`: the names that older SDKs shipped. */
export const legacyNames = read("legacy-names.json");

/** A key with the names of its path parameters left out: the 2016 SDK called some of them otherwise. */
export const shape = (key) => key.replace(/\{[^}]*\}/g, "{}");

/** The class of a tag, by the rule the SDKs have always had. */
export function className(tag) {
  const name = tag.replace(/[ -]/g, "");
  return `${name[0].toUpperCase()}${name.slice(1)}Api`;
}

/** What most patterns of the definition ask for. */
const uuid = "3b0e6f0a-51a5-4b4c-9d63-0a52e4d1c7b9";

/** A value that the definition allows for a parameter; `seed` makes neighbours differ. */
export function exampleFor(parameter, definition, seed = 0) {
  if (parameter.in === "body") return exampleOf(parameter.schema, definition);
  if (parameter.in === "header") return parameter.pattern ? uuid : `en-${seed}`;
  // Which sub-objects there are is not in the definition; every user has these.
  if (parameter.name === "expand" && parameter.type === "array" && !parameter.items.enum) return ["groups", "authorization"];
  if (parameter.type === "array") {
    const item = parameter.items.enum ?? [`${parameter.name} ${seed}`, "b,c&d"];
    return item.slice(0, 2);
  }
  if (parameter.enum) return parameter.enum[0];
  if (parameter.type === "boolean") return seed % 2 === 0;
  if (parameter.type === "integer" || parameter.type === "number") return Math.max(parameter.minimum ?? 1, 1);
  if (parameter.default !== undefined && /^\d+$/.test(parameter.default)) return parameter.default;
  if (parameter.name === "pageSize" || parameter.name === "pageNumber") return "1";
  if (parameter.format === "date") return "2026-11-23";
  if (parameter.format === "date-time") return "2026-11-23T21:02:00.000Z";
  if (parameter.pattern) return uuid;
  return `a/b ${parameter.name}?ü&${seed}`;
}

/** The least value that a schema accepts. */
export function exampleOf(schema, definition, depth = 0) {
  if (schema.$ref) {
    const model = definition.definitions[schema.$ref.replace("#/definitions/", "")];
    return exampleOf(model, definition, depth + 1);
  }
  if (schema.enum) return schema.enum[0];
  switch (schema.type) {
    case "array":
      return Array.from({ length: schema.minItems ?? 0 }, (_, index) => {
        // Lists may want items that differ.
        const item = exampleOf(schema.items, definition, depth + 1);
        return index && typeof item === "string" ? (schema.items.enum?.[index] ?? `${item}${index}`) : item;
      });
    case "string":
      if (schema.format === "date") return "2026-11-23";
      if (schema.format === "date-time") return "2026-11-23T21:02:00.000Z";
      if (schema.format === "local-date-time") return "2026-11-23T21:02:00";
      if (schema.pattern && (schema.maxLength ?? 36) >= uuid.length) return uuid;
      return "x".repeat(Math.max(schema.minLength ?? 1, 1));
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    default: {
      const object = {};
      if (depth > 12) return object;
      for (const name of schema.required ?? []) {
        const property = schema.properties?.[name];
        if (property) object[name] = exampleOf(property, definition, depth);
      }
      return object;
    }
  }
}

/** What the address of a call must be: `{ path, query }`, the query as sorted pairs. */
export function expectedAddress(operation, values) {
  const path = operation.path.replace(/\{([^}]*)\}/g, (_, name) => encodeURIComponent(values.get(name)));
  const query = [];
  for (const parameter of operation.parameters) {
    if (parameter.in !== "query" || !values.has(parameter.name)) continue;
    const value = values.get(parameter.name);
    if (Array.isArray(value)) {
      const joined = { csv: ",", ssv: " ", pipes: "|" }[parameter.collectionFormat ?? "csv"];
      const items = parameter.collectionFormat === "multi" ? value : [value.join(joined)];
      items.forEach((item) => query.push([parameter.name, String(item)]));
    } else {
      query.push([parameter.name, String(value)]);
    }
  }
  return { path, query: query.sort(byText) };
}

export const byText = (a, b) => (String(a) < String(b) ? -1 : 1);
