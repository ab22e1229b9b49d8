// What `cargo xtask test` tells these tests: where the command line and the generated package are.
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

function required(name, meaning) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} (${meaning}) is not set; run these tests through \`cargo xtask test\``);
  return path.resolve(root, value);
}

/** The `purecloud` executable. */
export const purecloud = required("PURECLOUD_BIN", "the purecloud executable");

/** The folder that `purecloud generate javascript` wrote: the npm package, and `cdn/` beside its files. */
export const generated = required("PURECLOUD_PACKAGE", "the generated npm package");
