/** The modules keep the rules that let the generator put them together in one scope. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const folder = new URL("../../src/", import.meta.url);
const modules = new Map(
  readdirSync(folder).map((file) => [file.replace(/\.ts$/, ""), readFileSync(new URL(file, folder), "utf8")]),
);

test("no two modules have a name in common, the entries aside", () => {
  const owners = new Map<string, string>();
  for (const [module, text] of modules) {
    if (/^(node|bundle)$/.test(module)) continue;
    for (const [, name] of text.matchAll(/^(?:export )?(?:async )?(?:function|const|let|class) (\w+)/gm)) {
      assert.equal(owners.get(name!), undefined, `${name} in ${module}`);
      owners.set(name!, module);
    }
  }
  assert.ok(owners.size > 30);
});

test("imports name what they take from modules beside them, exports are declarations", () => {
  for (const [module, text] of modules) {
    for (const [line] of text.matchAll(/^(?:import|export) .*/gm)) {
      assert.match(
        line,
        /^import \{ [\w, ]+ \} from "\.\/[\w-]+\.js";$|^import type \{ [\w, ]+ \} from "(\.\/[\w-]+\.js|node:\w+)";$|^export (async |declare )?(function|const|class|interface|type) /,
        module,
      );
    }
  }
});

test("modules need each other in one direction only", () => {
  const needs = new Map(
    [...modules].map(([module, text]) => [
      module,
      [...text.matchAll(/^import \{.*"\.\/(.*)\.js"/gm)].map(([, name]) => name!),
    ]),
  );
  const visit = (module: string, path: string[]): void => {
    assert.ok(!path.includes(module), [...path, module].join(" → "));
    for (const next of needs.get(module)!) visit(next, [...path, module]);
  };
  for (const module of modules.keys()) visit(module, []);
});
