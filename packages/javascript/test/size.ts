/** Prints what the runtime costs in a browser: minified bytes and, after gzip, what goes over the wire. */
import { buildSync } from "esbuild";
import { gzipSync } from "node:zlib";

const names = { "browser.js": "PureCloudSession", "call.js": "call, checkSession", "error.js": "PureCloudError" };
const contents = Object.entries(names).map(([file, name]) => `export { ${name} } from "./${file}";`);
const { outputFiles } = buildSync({
  stdin: { contents: contents.join("\n"), resolveDir: new URL("../src", import.meta.url).pathname },
  bundle: true,
  minify: true,
  write: false,
  format: "iife",
  globalName: "purecloud",
  target: "es2022",
});
const [{ contents: minified }] = outputFiles as unknown as [{ contents: Uint8Array }];
console.log(`browser entry: ${minified.length} bytes, ${gzipSync(minified, { level: 9 }).length} after gzip`);
