/** Prints what the runtime costs in a browser: minified bytes and, after gzip, what goes over the wire. */
import { buildSync } from "esbuild";
import { gzipSync } from "node:zlib";

/** Names that a product needs, by the module that has them. */
const products = {
  session: { browser: "PureCloudSession", call: "call", error: "PureCloudError" },
  "session and reader of tables": { browser: "PureCloudSession", api: "apiClass", error: "PureCloudError" },
};

for (const [title, modules] of Object.entries(products)) {
  const imports = Object.entries(modules).map(([module, name]) => `import { ${name} } from "./${module}.ts";`);
  const contents = `${imports.join("\n")}\nglobalThis.purecloud = { ${Object.values(modules).join()} };`;
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: new URL("../../src", import.meta.url).pathname },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    target: "es2022",
  });
  const minified = outputFiles[0]!.contents;
  console.log(`${title}: ${minified.length} bytes, ${gzipSync(minified, { level: 9 }).length} after gzip`);
}
