// What answers and bodies look like: enumerations stay open, what is unknown is `any`.
import { RoutingApi, type Queue } from "purecloud/routing";
import type { Bytes, PureCloudSession, Upload } from "purecloud/session";
import type { PresenceEventUserPresence } from "purecloud/models";

declare const session: PureCloudSession;
const routing = new RoutingApi(session);
const queues = await routing.getRoutingQueues({ pageSize: 100 });
const queue: Queue | undefined = queues.entities?.[0];
const policy = queue?.acwSettings?.wrapupPrompt;
if (policy === "MANDATORY" || policy === "A_VALUE_OF_TOMORROW") policy.length;
// @ts-expect-error A policy is a text all the same.
policy === 5;
const created: string | undefined = queue?.dateCreated;
// @ts-expect-error Dates of answers are texts.
queue?.dateCreated?.getTime();
// @ts-expect-error A queue needs a name.
routing.postRoutingQueues({ description: "no name" });
routing.postRoutingQueues({ name: "Support" });

declare const bytes: Bytes;
if (bytes instanceof Uint8Array) bytes.byteLength;
else bytes.size;
const uploads: Upload[] = [new Blob([]), new FormData(), new Uint8Array(1), "text"];
declare const event: PresenceEventUserPresence;
export { created, event, uploads };
