// Any Swagger 2.0 or OpenAPI 3 document, read by itself: what each operation must send, with none of the toolchain's
// own code, so that what the generator believes is held against a second reading.
import { readFileSync } from "node:fs";
import path from "node:path";
import yaml from "js-yaml";

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch"];
/** Deeper than this an example ends. */
const DEEPEST = 8;

/** Reads a document; a file of a folder may refer to its neighbours. */
export function readDocument(file) {
  const files = new Map();
  const parse = (name) => {
    if (!files.has(name)) {
      const text = readFileSync(name, "utf8").replace(/^\uFEFF/, "");
      files.set(name, name.endsWith(".json") ? JSON.parse(text) : yaml.load(text, { json: true }));
    }
    return files.get(name);
  };
  return new Document(file, parse(file), parse);
}

/** A value of a document, with the file that it is in, which its references start from. */
class Document {
  #file;
  #parse;

  constructor(file, root, parse) {
    this.root = root;
    this.#file = file;
    this.#parse = parse;
    this.isSwagger = "swagger" in root;
  }

  /** Follows the references of a value: `[value, file]`. */
  follow(value, file = this.#file, hops = 0) {
    const reference = value?.$ref;
    if (typeof reference !== "string" || hops > 20) return [value, file];
    const [name, pointer = ""] = reference.split("#");
    const target = name ? path.resolve(path.dirname(file), decodeURIComponent(name)) : file;
    let found = this.#parse(target);
    for (const part of pointer.split("/").slice(1)) {
      found = found?.[decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")];
    }
    return this.follow(found, target, hops + 1);
  }

  /** What stands before each path. */
  get prefix() {
    if (this.isSwagger) return (this.root.basePath ?? "").replace(/\/+$/, "");
    const [server] = this.root.servers ?? [];
    if (typeof server?.url !== "string") return "";
    const address = String(server.url).replace(/\{([^}]*)\}/g, (_, name) => server.variables?.[name]?.default ?? name);
    return address.replace(/^[a-z][a-z+.-]*:\/\/[^/]*|^\/\/[^/]*/i, "").replace(/[?#].*$/, "").replace(/^(?=[^/])/, "/").replace(/\/+$/, "");
  }

  /** Every operation: `{ key, written, method, path, parameters }`, and what its content is. */
  operations() {
    const found = [];
    for (const [template, itemHere] of Object.entries(this.root.paths ?? {})) {
      if (!template.startsWith("/")) continue;
      const [item, file] = this.follow(itemHere);
      for (const method of METHODS) {
        const operation = item?.[method];
        if (!operation || typeof operation !== "object") continue;
        const parameters = new Map();
        for (const one of [...(item.parameters ?? []), ...(operation.parameters ?? [])]) {
          const [parameter, where] = this.follow(one, file);
          if (parameter?.name == null && parameter?.in !== "body") continue;
          const key = `${parameter.in} ${parameter.name}`;
          const isOwn = operation.parameters?.includes(one);
          // Listed twice at one place, the first counts.
          if (!parameters.has(key) || (isOwn && !parameters.get(key).isOwn)) parameters.set(key, { ...parameter, file: where, isOwn });
        }
        const all = [...parameters.values()].filter(({ in: place }) => place !== "cookie");
        // What stands in the path and is described nowhere is a text.
        for (const [, name] of template.split(/[?#]/)[0].matchAll(/\{([^{}]+)\}/g)) {
          if (!all.some((one) => one.in === "path" && one.name === name)) all.push({ name, in: "path", required: true, type: "string", file });
        }
        // A fragment is not sent; of a query in the path, what is fixed is.
        const [address, query = ""] = template.replace(/#.*/, "").split("?");
        const fixed = query.split("&").filter((pair) => pair && !/[{}]/.test(pair)).join("&");
        const whole = this.prefix + address + (fixed && `?${fixed}`);
        const fields = all.filter(({ in: place }) => place === "formData");
        found.push({
          key: `${method.toUpperCase()} ${whole}`,
          /** As warnings name it. */
          written: template,
          method: method.toUpperCase(),
          path: whole,
          parameters: all.filter(({ in: place }) => place !== "formData" && place !== "body"),
          ...this.#content(operation, all, file),
          ...(fields.length && { isForm: true }),
        });
      }
    }
    return found;
  }

  /** `{ body }`: the schema of JSON content, with its file; `{ isForm }` or `{ isOther }` for content of another kind. */
  #content(operation, parameters, file) {
    if (this.isSwagger) {
      const body = parameters.find(({ in: place }) => place === "body");
      if (!body) return {};
      const types = operation.consumes ?? this.root.consumes ?? ["application/json"];
      return isJson(types[0] ?? "application/json") ? { body: body.schema ?? {}, bodyFile: body.file } : { isOther: true };
    }
    const [request, where] = this.follow(operation.requestBody, file);
    if (!request) return {};
    const types = Object.keys(request.content ?? {});
    const json = types.find(isJson);
    if (json) return { body: request.content[json]?.schema ?? {}, bodyFile: where };
    return types.some((type) => /form/.test(type)) ? { isForm: true } : { isOther: true };
  }

  /** A value that the schema of a parameter or a body allows, or at least has the type of. */
  example(schemaHere, fileHere, seed, depth = 0) {
    const [schema, file] = this.follow(schemaHere, fileHere);
    if (!schema || typeof schema !== "object" || depth > DEEPEST) return depth ? undefined : {};
    if (schema.enum?.length) return schema.enum[0];
    if (schema.const !== undefined) return schema.const;
    const part = schema.allOf?.[0] ?? schema.oneOf?.[0] ?? schema.anyOf?.[0];
    const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== "null") : schema.type;
    if (!type && part && !schema.properties) return this.example(part, file, seed, depth + 1);
    switch (type) {
      case "integer":
      case "number":
        return Math.max(schema.minimum ?? 1, 1);
      case "boolean":
        return true;
      case "string":
        return `v${seed}`;
      case "array":
        return [this.example(schema.items ?? {}, file, seed, depth + 1)].filter((item) => item !== undefined);
      default: {
        if (!type && !schema.properties && !depth) return { any: seed };
        const object = {};
        for (const name of Array.isArray(schema.required) ? schema.required : []) {
          const property = Object.hasOwn(schema.properties ?? {}, name) && schema.properties[name];
          const value = property ? this.example(property, file, seed, depth + 1) : undefined;
          if (value !== undefined && name !== "__proto__") object[name] = value;
        }
        return object;
      }
    }
  }

  /**
   * A value for a parameter, and how it must arrive: `{ value, wire }`, `wire` the texts of its query pairs, of the path
   * or of the header. Nothing for what no common rule covers, such as objects.
   */
  argument(parameter, seed) {
    const [schema, file] = this.follow(parameter.schema ?? (parameter.type ? parameter : {}), parameter.file);
    const content = !this.isSwagger && parameter.content;
    const type = Array.isArray(schema?.type) ? schema.type.find((one) => one !== "null") : schema?.type;
    if (content || type === "object" || schema?.properties || schema?.allOf || schema?.oneOf || schema?.anyOf) return undefined;
    if (type === "file") return undefined;
    if (type !== "array") {
      const value = parameter.in === "query" || parameter.in === "path" ? this.example(schema, file, `${seed} a/b?ü&`) : this.example(schema, file, seed);
      return typeof value === "object" ? { value: `v${seed}`, wire: [`v${seed}`] } : { value, wire: [String(value)] };
    }
    const [items, itemFile] = this.follow(schema.items ?? {}, file);
    const one = this.example(items, itemFile, seed);
    if (one === null || typeof one === "object") return undefined;
    const value = items?.enum?.length > 1 ? items.enum.slice(0, 2) : [one, one];
    const texts = value.map(String);
    if (parameter.in !== "query") return { value, wire: [texts.join(",")] };
    const style = this.isSwagger
      ? (parameter.collectionFormat ?? "csv")
      : (parameter.explode ?? (parameter.style ?? "form") === "form")
        ? "multi"
        : { spaceDelimited: "ssv", pipeDelimited: "pipes" }[parameter.style] ?? "csv";
    const separator = { csv: ",", ssv: " ", pipes: "|", tsv: "\t" }[style];
    return { value, wire: separator === undefined ? texts : [texts.join(separator)], isList: true };
  }
}

const isJson = (type) => /^(application|text)\/([\w.-]+\+)?json\b|^\*\/\*$/i.test(type);
