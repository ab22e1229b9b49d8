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

    const loader = () => ({ [`${site}require.js`]: readFileSync(tool("requirejs/require.js"), "utf8"), [site + file]: packageFile(file) });
    const module = file.slice(0, -3);

    test(`an AMD loader with ${file}`, async () => {
      const html = `<!doctype html><script src="require.js"></script><script>
        requirejs(["${module}"], function (pureCloud) {
          if (pureCloud.UsersApi !== window.UsersApi) throw new Error("programs of 2016 look for globals");
          var PureCloudSession = pureCloud.PureCloudSession, UsersApi = pureCloud.UsersApi;${inPage()}
        });</script>`;
      assert.equal(await titleOf({ [site]: html, ...loader() }), displayName);
    });

    test(`a program of 2016 under RequireJS, with a shim, and ${file}`, async () => {
      const html = `<!doctype html><script src="require.js"></script><script>
        requirejs.config({ shim: { "${module}": { exports: "PureCloudSession" } } });
        requirejs(["${module}"], function () {${inPage()}});</script>`;
      assert.equal(await titleOf({ [site]: html, ...loader() }), displayName);
    });

    for (const attribute of ["", " defer", " async"]) {
      test(`a <script${attribute}> with ${file} after RequireJS, and modules loaded later`, async () => {
        const html = `<!doctype html><script src="require.js"></script><script${attribute} src="${file}"></script><script>
          addEventListener("load", function () {
            requirejs(["later"], function (later) {
              requirejs(["purecloud-api"], function (pureCloud) {
                if (later !== "later" || pureCloud.UsersApi !== UsersApi) throw new Error("a module was taken for another");${inPage()}
              });
            });
          });</script>`;
        const later = `define([], function () { return "later"; });`;
        assert.equal(await titleOf({ [site]: html, ...loader(), [`${site}later.js`]: later }), displayName);
      });
    }

    test(`a page with a global \`module\` and ${file}`, async () => {
      const html = `<!doctype html><script>var module = { exports: {} };</script><script src="${file}"></script><script>${inPage()}</script>`;
      assert.equal(await titleOf({ [site]: html, [site + file]: packageFile(file) }), displayName);
    });

    test(`a page with names of its own and ${file}`, async () => {
      const html = `<!doctype html><script>var purecloud = { client: 1 }; function ChatApi() { return "mine"; }</script>
        <script src="${file}"></script><script>
        if (purecloud.client !== 1 || ChatApi() !== "mine") throw new Error("what the page owns is gone");${inPage()}</script>`;
      assert.equal(await titleOf({ [site]: html, [site + file]: packageFile(file) }), displayName);
    });
  }

  test("r.js builds a program that leaves the file to be loaded", async () => {
    const folder = project({
      "main.js": `require(["purecloud-api"], function (pureCloud) { var PureCloudSession = pureCloud.PureCloudSession, UsersApi = pureCloud.UsersApi;${inPage()} });`,
    });
    // The tool's parser knows no private fields, so what has some is named to it as `empty:`.
    const flags = ["baseUrl=.", "name=main", "out=built.js", "optimize=none", "paths.purecloud-api=empty:"];
    const { code, stdout, stderr } = await execute(process.execPath, [tool("requirejs/bin/r.js"), "-o", ...flags], { cwd: folder });
    assert.equal(code, 0, stdout + stderr);
    const files = {
      [`${site}require.js`]: readFileSync(tool("requirejs/require.js"), "utf8"),
      [`${site}built.js`]: readFileSync(path.join(folder, "built.js"), "utf8"),
      [`${site}purecloud-api.js`]: packageFile("purecloud-api.js"),
    };
    // Once as the module that the loader starts with, once with both as scripts of the page's own.
    for (const tags of [
      '<script data-main="built" src="require.js"></script>',
      '<script src="require.js"></script><script src="purecloud-api.js"></script><script src="built.js"></script>',
    ]) {
      assert.equal(await titleOf({ [site]: `<!doctype html>${tags}`, ...files }), displayName);
    }
  });

  for (const [what, names] of [
    ["the whole library", ["dist/purecloud-api.js"]],
    ["the whole library, minified", ["dist/purecloud-api-min.js"]],
    ["the whole library, minified, as in 2017", ["dist/purecloud-api.min.js"]],
    ["the session and one API", ["dist/partials/purecloudsession.js", "dist/partials/usersapi.js"]],
  ]) {
    test(`script tags of the first generations with ${what}`, async () => {
      const folder = "bower_components/purecloud-api/";
      const tags = names.map((name) => `<script type="text/javascript" src="${folder}${name}"></script>`).join("");
      const scripts = Object.fromEntries(names.map((name) => [site + folder + name, packageFile(name)]));
      assert.equal(await titleOf({ [site]: `<!doctype html>${tags}<script>${inPage()}</script>`, ...scripts }), displayName);
    });
  }

  // The whole package also has listings, notifications and what is around calls, which no import of a name shows to be unused.
  for (const [from, imports, most] of [
    ["purecloud", 'import { PureCloudSession, UsersApi } from "purecloud";', 80_000],
    ["subpaths", 'import { PureCloudSession } from "purecloud/session";\nimport { UsersApi } from "purecloud/users";', 46_000],
  ]) {
    test(`Vite bundles one API from ${from} without the others`, async () => {
      const folder = project({
        "index.html": '<!doctype html><script type="module" src="/main.js"></script>',
        "main.js": `${imports}\n${inPage()}`,
        "package.json": '{"type":"module"}',
      });
      const built = await execute(process.execPath, [tool("vite/bin/vite.js"), "build", "--logLevel", "warn"], { cwd: folder });
      assert.equal(built.code, 0, built.stdout + built.stderr);
      const assets = path.join(folder, "dist/assets");
      const [asset] = readdirSync(assets);
      const code = readFileSync(path.join(assets, asset), "utf8");
      assert.ok(code.length < most, `the bundle has ${code.length} bytes: it holds more than the session and one API`);
      assert.ok(!code.includes("RoutingApi"), "another API is in the bundle");
      const files = { [site]: readFileSync(path.join(folder, "dist/index.html"), "utf8"), [`${site}assets/${asset}`]: code };
      assert.equal(await titleOf(files), displayName);
    });
  }
});

describe("what Node programs of the first generations name", () => {
  const program = (name) => commonJs.replace('require("purecloud")', `require("${name}")`);
  const run = async (files) => {
    const { code, stdout, stderr } = await execute(process.execPath, ["main.cjs"], { cwd: project(files), env: environment() });
    assert.equal(code, 0, stderr);
    assert.equal(stdout.trim(), displayName);
  };

  for (const name of ["purecloud/dist/purecloud-api-node.js", "./node_modules/purecloud/dist/purecloud-api-node.js"]) {
    test(name, () => run({ "main.cjs": program(name) }));
  }

  test("the package of Bower, which leaves out what its manifest says", async () => {
    const { folder } = unpackedPackage();
    const { ignore } = JSON.parse(readFileSync(path.join(folder, "bower.json"), "utf8"));
    const kept = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
      .filter((name) => !ignore.includes(name.split(path.sep)[0]));
    const files = kept.map((name) => [`bower_components/purecloud-api/${name}`, readFileSync(path.join(folder, name))]);
    await run({ ...Object.fromEntries(files), "main.cjs": program("./bower_components/purecloud-api/dist/purecloud-api-node.js") });
  });
});

describe("the package itself", () => {
  test("a copy is what it is a copy of, and its source map is found", () => {
    const { folder } = unpackedPackage();
    const text = (name) => readFileSync(path.join(folder, name), "utf8");
    assert.equal(text("dist/purecloud-api.js"), text("purecloud-api.js"));
    const names = readdirSync(path.join(folder, "partials"));
    assert.deepEqual(readdirSync(path.join(folder, "dist/partials")), names);
    for (const name of names) assert.equal(text(`dist/partials/${name}`), text(`partials/${name}`), name);
    for (const name of ["purecloud-api-min.js", "dist/purecloud-api-min.js", "dist/purecloud-api.min.js"]) {
      const [, map] = /^\/\/# sourceMappingURL=(.+)$/m.exec(text(name));
      assert.equal(path.join(path.dirname(name), map), "purecloud-api-min.js.map");
      assert.equal(text(name).split("\n")[1], text("purecloud-api-min.js").split("\n")[1]);
    }
  });

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
