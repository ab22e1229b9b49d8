// Small projects that use the package as it would come from the registry.
import { execFile, execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { generated, root } from "./environment.js";

const run = promisify(execFile);

let packed;

/** The content of `npm pack`, unpacked once for each test file: what a user gets, and nothing else. */
export function unpackedPackage() {
  if (packed) return packed;
  const folder = temporaryFolder("packed");
  const listing = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: generated,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const report = JSON.parse(listing);
  const { filename } = Array.isArray(report) ? report[0] : Object.values(report)[0];
  execFileSync("tar", ["-xzf", path.join(folder, path.basename(filename)), "-C", folder]);
  packed = { folder: path.join(folder, "package"), tarball: path.join(folder, path.basename(filename)) };
  return packed;
}

/** A folder with the package in `node_modules`. `files` maps names to contents. */
export function project(files, { modules = [] } = {}) {
  const folder = temporaryFolder("project");
  mkdirSync(path.join(folder, "node_modules"));
  cpSync(unpackedPackage().folder, path.join(folder, "node_modules/purecloud"), { recursive: true });
  for (const name of modules) {
    const target = path.join(folder, "node_modules", name);
    mkdirSync(path.dirname(target), { recursive: true });
    symlinkSync(path.join(root, "acceptance/node_modules", name), target);
  }
  for (const [name, content] of Object.entries(files)) {
    const target = path.join(folder, name);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  return folder;
}

/** A folder that is gone when the test file has run. */
function temporaryFolder(purpose) {
  const folder = mkdtempSync(path.join(tmpdir(), `purecloud-${purpose}-`));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a program to its end; resolves with `{ code, stdout, stderr }` whatever came of it. */
export async function execute(program, args, { cwd, env, timeout = 120_000 } = {}) {
  try {
    const { stdout, stderr } = await run(program, args, {
      cwd,
      timeout,
      maxBuffer: 64 << 20,
      env: { ...process.env, NODE_OPTIONS: "", ...env },
    });
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (typeof error.code !== "number" && !error.killed) throw error;
    return { code: error.code ?? 124, stdout: error.stdout, stderr: error.stderr };
  }
}

/** A development tool's file, such as `typescript/bin/tsc`. */
export function tool(name) {
  const file = path.join(root, "acceptance/node_modules", name);
  if (!existsSync(file)) throw new Error(`${name} is not installed; run \`npm ci\` in acceptance/`);
  return file;
}
