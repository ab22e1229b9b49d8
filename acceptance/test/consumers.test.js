// The packed package, as each kind of project uses it.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { openPage, startBrowser } from "../support/browser.js";
import { startEmulator } from "../support/emulator.js";
import { execute, project, tool, unpackedPackage } from "../support/project.js";

const site = "http://localhost:8085/";

const emulator = await startEmulator();
after(() => emulator.stop());
const token = await emulator.userToken();
const { displayName } = emulator.user;

const environment = () => ({ ORIGIN: emulator.origin, TOKEN: token });

/** Programs that print the name of the signed-in user, each in its own dialect. */
const commonJs = `
  const { PureCloudSession, UsersApi } = require("purecloud");
  const session = PureCloudSession(process.env.ORIGIN);
  session.authToken(process.env.TOKEN);
  UsersApi(session).getMe().done(function (me) { console.log(me.name); });`;
const commonJsSubpath = `
  const { UsersApi } = require("purecloud/users");
  const { PureCloudSession } = require("purecloud");
  const session = new PureCloudSession(process.env.ORIGIN);
  session.authToken(process.env.TOKEN);
  new UsersApi(session).getMe().done((me) => console.log(me.name));`;
const esm = `
  import { PureCloudSession, UsersApi } from "purecloud";
  const session = new PureCloudSession(process.env.ORIGIN);
  session.authToken(process.env.TOKEN);
  console.log((await new UsersApi(session).getUsersMe()).name);`;
const esmSubpath = esm.replace('import { PureCloudSession, UsersApi } from "purecloud"', 'import { PureCloudSession } from "purecloud";\n  import { UsersApi } from "purecloud/users"');
const programs = { "main.cjs": commonJs, "subpath.cjs": commonJsSubpath, "main.mjs": esm, "subpath.mjs": esmSubpath };

const binary = (name, file) => {
  try {
    return tool(`${name}/${file}`);
  } catch {
    return undefined;
  }
};

describe("every runtime", () => {
  const runtimes = [
    ["this Node", process.execPath, []],
    ["Node 22", binary("node22", "bin/node"), []],
    ["Node 24", binary("node24", "bin/node"), []],
    ["Node 26", binary("node26", "bin/node"), []],
    ["Bun", binary("@oven/bun-linux-x64", "bin/bun"), ["run"]],
    ["Deno", binary("@deno/linux-x64-glibc", "deno"), ["run", "--allow-net", "--allow-env", "--allow-read", "--node-modules-dir=manual"]],
  ];
  for (const [runtime, program, flags] of runtimes) {
    for (const [file, code] of Object.entries(programs)) {
      // The development tools bring these runtimes for x86-64 Linux only; elsewhere the one that runs this file counts.
      test(`${runtime} runs ${file}`, { skip: program ? false : `${runtime} is not installed here` }, async () => {
        const folder = project({ [file]: code, "package.json": "{}" });
        const { code: exit, stdout, stderr } = await execute(program, [...flags, file], { cwd: folder, env: environment() });
        assert.equal(exit, 0, stderr);
        assert.equal(stdout.trim(), displayName);
      });
    }
  }
});

describe("TypeScript", () => {
  const source = `
    import { AuthorizationApi, PureCloudSession } from "purecloud";
    import { UsersApi } from "purecloud/users";

    const session = new PureCloudSession(process.env.ORIGIN);
    session.authToken(process.env.TOKEN as string);
    const users = new UsersApi(session);
    users.getMe().done((me) => console.log(me.name!.toUpperCase().length > 0 ? me.name : ""));
    export async function many(): Promise<number> {
      const listing = await users.getUsers({ pageSize: 25, expand: ["presence"] });
      const roles = await new AuthorizationApi(session).getRoles();
      return (listing.entities?.length ?? 0) + (roles.entities?.length ?? 0);
    }
    // @ts-expect-error a required argument is missing
    export const missing = () => users.getUser();
    // @ts-expect-error there is no such operation
    export const unknown = () => users.getNothing();
    // @ts-expect-error a page size is a number
    export const wrong = () => users.getUsers({ pageSize: "25" });`;
  const kinds = [
    ["nodenext, ES module", { module: "nodenext", moduleResolution: "nodenext" }, "module"],
    ["nodenext, CommonJS", { module: "nodenext", moduleResolution: "nodenext" }, "commonjs"],
    ["bundler", { module: "esnext", moduleResolution: "bundler" }, "module"],
  ];
  for (const compiler of ["typescript", "typescript5"]) {
    for (const [kind, options, type] of kinds) {
      test(`${compiler}, ${kind}: compiles strictly, and what comes out runs`, async () => {
        const folder = project(
          {
            "main.ts": source,
            "package.json": JSON.stringify({ type }),
            "tsconfig.json": JSON.stringify({
              compilerOptions: { ...options, target: "es2022", strict: true, skipLibCheck: false, outDir: "out", rootDir: ".", types: ["node"] },
              files: ["main.ts"],
            }),
          },
          { modules: ["@types/node", "undici-types"] },
        );
        const compiled = await execute(process.execPath, [tool(`${compiler}/bin/tsc`), "-p", "."], { cwd: folder });
        assert.equal(compiled.code, 0, compiled.stdout);
        const { code, stdout, stderr } = await execute(process.execPath, ["out/main.js"], { cwd: folder, env: environment() });
        assert.equal(code, 0, stderr);
        assert.equal(stdout.trim(), displayName);
      });
    }
  }
});

describe("pages", () => {
  let browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());
  const inPage = () => `
    var session = new PureCloudSession();
    session.authToken(${JSON.stringify(token)});
    new UsersApi(session).getMe().done(function (me) { document.title = me.name; });`;

  async function titleOf(files) {
    const page = await openPage(browser, { emulator, files });
    await page.goto(site);
    await page.waitForFunction("document.title !== ''");
    assert.deepEqual(page.problems, []);
    return page.title();
  }
  const packageFile = (name) => readFileSync(path.join(unpackedPackage().folder, name), "utf8");

  for (const file of ["purecloud-api.js", "purecloud-api-min.js"]) {
    test(`a plain <script> with ${file}`, async () => {
      const html = `<!doctype html><script src="${file}"></script><script>${inPage()}</script>`;
      assert.equal(await titleOf({ [site]: html, [site + file]: packageFile(file) }), displayName);
    });

    test(`an AMD loader with ${file}`, async () => {
      const html = `<!doctype html><script src="require.js"></script><script>
        requirejs(["${file.slice(0, -3)}"], function (pureCloud) {
          if (window.UsersApi) throw new Error("an AMD module leaves no globals");
          var PureCloudSession = pureCloud.PureCloudSession, UsersApi = pureCloud.UsersApi;${inPage()}
        });</script>`;
      const files = { [site]: html, [`${site}require.js`]: readFileSync(tool("requirejs/require.js"), "utf8") };
      assert.equal(await titleOf({ ...files, [site + file]: packageFile(file) }), displayName);
    });
  }

  test("Vite bundles one API without the others", async () => {
    const main = `import { PureCloudSession, UsersApi } from "purecloud";\n${inPage()}`;
    const folder = project({
      "index.html": '<!doctype html><script type="module" src="/main.js"></script>',
      "main.js": main,
      "package.json": '{"type":"module"}',
    });
    const built = await execute(process.execPath, [tool("vite/bin/vite.js"), "build", "--logLevel", "warn"], { cwd: folder });
    assert.equal(built.code, 0, built.stdout + built.stderr);
    const assets = path.join(folder, "dist/assets");
    const [asset] = readdirSync(assets);
    const code = readFileSync(path.join(assets, asset), "utf8");
    assert.ok(code.length < 40_000, `the bundle has ${code.length} bytes: it holds more than the session and one API`);
    const files = { [site]: readFileSync(path.join(folder, "dist/index.html"), "utf8"), [`${site}assets/${asset}`]: code };
    assert.equal(await titleOf(files), displayName);
  });
});

describe("the package itself", () => {
  test("publint finds nothing", async () => {
    const { publint } = await import("publint");
    const { messages } = await publint({ pkgDir: unpackedPackage().folder, strict: true });
    assert.deepEqual(messages, []);
  });

  test("attw finds nothing", async () => {
    const { checkPackage, createPackageFromTarballData } = await import("@arethetypeswrong/core");
    const tarball = new Uint8Array(readFileSync(unpackedPackage().tarball));
    const { problems } = await checkPackage(createPackageFromTarballData(tarball));
    assert.deepEqual(problems.slice(0, 5), []);
  });

  test("it brings no dependency and nothing that is not shipped on purpose", () => {
    const manifest = JSON.parse(readFileSync(path.join(unpackedPackage().folder, "package.json"), "utf8"));
    for (const kind of ["dependencies", "peerDependencies", "optionalDependencies", "bundledDependencies", "scripts"]) {
      assert.equal(manifest[kind], undefined, kind);
    }
    assert.ok(!readdirSync(unpackedPackage().folder).includes("cdn"), "the CDN folder is not part of the npm package");
  });
});
