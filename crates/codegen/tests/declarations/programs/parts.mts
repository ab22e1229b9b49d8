// The modules that programs load apart.
import { AnalyticsApi, PureCloudSession, UsersApi } from "purecloud";
import { loadConfig } from "purecloud/config";
import { memoryBudgets, shareBudget } from "purecloud/fleet";
import type { BudgetStore } from "purecloud/fleet";
import { downloadFrom, interval, pollJob, regionDomains, uploadTo, userSearch } from "purecloud/helpers";
import { startEmulator } from "purecloud/testing";

const texts = new Map<string, string>();
const store: BudgetStore = { update: async (key, change) => texts.set(key, change(texts.get(key))) };
const session = new PureCloudSession({
  ...loadConfig({ timeout: 10_000 }, { file: false, profile: "staging" }),
  budget: shareBudget(store, { onError: (error) => error }),
  gateway: { api: "https://gateway.example.com/api", login: "https://gateway.example.com/login" },
  noProxy: ".example.com",
  proxy: false,
  tls: { ca: ["-----BEGIN CERTIFICATE-----"], cert: new Uint8Array(), key: "" },
  transport: fetch,
});
new PureCloudSession({ budget: shareBudget(memoryBudgets()), transport: async () => new Response("{}") });

export const week: string = interval({ days: 7 }, new Date());
export const day: string = interval("2026-12-01", 0);
export const domain: string | undefined = regionDomains["eu-west-1"];

const analytics = new AnalyticsApi(session);
export const job = await pollJob(() => analytics.getAnalyticsConversationsDetailsJob("id"), { isDone: (job) => job.state === "FULFILLED" });
export const state: string | undefined = job.state;

const search = userSearch().contains(["name", "email"], "ada").equals("state", ["active"]).not(userSearch().has("title")).orderBy("name", "DESC");
export const found = await new UsersApi(session).postUsersSearch(search);
export const name: string | undefined = found.results[0]?.name;

export const bytes: Uint8Array = await downloadFrom(session, "https://example.com").raw().then((answer) => answer.bytes());
await uploadTo(session, "https://example.com", new Uint8Array(1), { method: "POST", headers: { "content-type": "audio/wav" } });

const emulator = await startEmulator({ args: ["--users", "50"], startTimeout: 1_000 });
export const tested: PureCloudSession = await emulator.session(PureCloudSession, { retry: false });
await emulator.faults("status:503,times=2", "delay:100");
export const paths: string[] = (await emulator.requests()).map((request) => request.path);
await emulator.stop();

// @ts-expect-error A rule is a text.
emulator.faults({ fault: "status:503" });
// @ts-expect-error A span has no weeks.
interval({ weeks: 1 });
// @ts-expect-error Nothing else orders results.
userSearch().orderBy("name", "UP");
// @ts-expect-error A gateway has two addresses.
new PureCloudSession({ gateway: { api: "https://gateway.example.com" } });
// @ts-expect-error A budget is made by `shareBudget`.
new PureCloudSession({ budget: store });
// @ts-expect-error A file is named by a text.
loadConfig({}, { file: 1 });
// @ts-expect-error Content is not sent by this method.
uploadTo(session, "https://example.com", "", { method: "DELETE" });
