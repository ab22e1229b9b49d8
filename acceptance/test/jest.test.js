// Programs under jest with jsdom: a page's globals over Node, without `fetch` and without what Node has besides.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startEmulator } from "../support/emulator.js";
import { execute, project, tool } from "../support/project.js";

const emulator = await startEmulator("--fault", "truncate,path=/api/v2/authorization/roles");
after(() => emulator.stop());

const specification = `
  const { PureCloudSession, UsersApi } = require("purecloud");

  let session;
  beforeAll(() => {
    session = new PureCloudSession(process.env.ORIGIN);
    session.authToken(process.env.TOKEN);
  });

  test("this is a page", () => expect(document.body.nodeName).toBe("BODY"));

  test("a call succeeds", async () => {
    const me = await new UsersApi(session).getUsersMe();
    expect(me.name).toBe(process.env.NAME);
  });

  test("a call of the first generation succeeds", (done) => {
    new UsersApi(session).getMe().done((me) => {
      expect(me.name).toBe(process.env.NAME);
      done();
    });
  });

  test("a call that is refused settles", async () => {
    const error = await new UsersApi(session).getUser("nobody").then(() => null, (error) => error);
    expect(error).toBeInstanceOf(Error);
    expect([error.status, error.kind, error.code]).toEqual([404, "refused", "not.found"]);
  });

  test("a call that meets what is no JSON settles", async () => {
    const error = await session.get("/api/v2/authorization/roles").then(() => null, (error) => error);
    expect(error.kind).toBe("decode");
  });

  test("a call that reaches nobody settles", async () => {
    const nowhere = new PureCloudSession({ environment: "http://127.0.0.1:1", retry: false });
    const error = await nowhere.get("/api/v2/users/me").then(() => null, (error) => error);
    // A page is not told whether there was a connection.
    expect(error.kind).toMatch(/^(broken|unreached)$/);
  });
`;

/** Runs the specification under jest, with these settings beside those that every project would have. */
async function underJest(settings) {
  const folder = project({
    "package.json": JSON.stringify({ jest: { testMatch: ["**/*.spec.js"], ...settings } }),
    "purecloud.spec.js": specification,
  });
  const environment = { ORIGIN: emulator.origin, TOKEN: await emulator.userToken(), NAME: emulator.user.displayName, CI: "1" };
  const flags = ["--rootDir", folder, "--json", "--runInBand", "--no-cache", "--watchman=false"];
  const { code, stdout, stderr } = await execute(process.execPath, [tool("jest/bin/jest.js"), ...flags], { cwd: folder, env: environment });
  assert.equal(code, 0, stderr);
  const { numPassedTests, numTotalTests } = JSON.parse(stdout);
  assert.deepEqual([numPassedTests, numTotalTests], [6, 6], stderr);
  // What a session leaves behind would keep jest from ending, which it says.
  assert.doesNotMatch(stderr, /did not exit|open handle/);
}

const jsdom = tool("jest-environment-jsdom");

test("calls settle under jest with jsdom", () => underJest({ testEnvironment: jsdom }));

test("calls settle under jest with jsdom where it takes the files for Node", () =>
  underJest({ testEnvironment: jsdom, testEnvironmentOptions: { customExportConditions: ["node", "require"] } }));
