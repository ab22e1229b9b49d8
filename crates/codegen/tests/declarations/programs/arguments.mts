// Arguments in every style, of modern and older names. A line after `@ts-expect-error` must not compile.
import { ContentManagementApi } from "purecloud/contentmanagement";
import { PureCloudSession, type CallOptions, type Request } from "purecloud/session";
import { UsersApi, type GetUserOptions, type User, type UserMe } from "purecloud/users";

const session = new PureCloudSession({ environment: "mypurecloud.ie", timeout: 5_000 });
const users = new UsersApi(session);
const signal = new AbortController().signal;

// Positional, then positional with named, then all named.
const one: Request<User> = users.getUser("id", ["presence"], undefined, undefined, "active");
users.getUser("id", "presence");
users.getUser("id", { expand: ["presence"], signal });
users.getUser({ userId: "id", expand: ["presence"], timeout: 0, headers: { "x-trace": "1" } });
users.getUser("id", undefined, undefined, undefined, undefined, { signal });
const options: GetUserOptions = { state: "active" };
users.getUser("id", options);
const call: CallOptions = { timeout: 1_000 };
users.deleteUser("id", call);
users.getUsers(25, 1);
users.getUsers({ pageSize: 25 });
users.patchUser("id", { name: "Ada", version: 2 });
users.patchUser({ userId: "id", body: { version: 2 } });

// @ts-expect-error A required argument is missing.
users.getUser();
// @ts-expect-error It is a text.
users.getUser(5);
// @ts-expect-error There is no such option.
users.getUser("id", { expnd: ["presence"] });
// @ts-expect-error The required argument is missing among the named ones.
users.getUser({ expand: ["presence"] });
// @ts-expect-error A number is wanted.
users.getUsers("25");
// @ts-expect-error There is no such method.
users.getUsr("id");
// @ts-expect-error A body has known properties.
users.patchUser("id", { nam: "Ada", version: 2 });
// @ts-expect-error An API needs a session.
new UsersApi();

// Older names: the same arguments, or those they had.
const me: Request<UserMe> = users.getMe();
users.getMe({ expand: ["organization"] });
users.getUserId("id", ["presence"]);
// @ts-expect-error The same check under the older name.
users.getUserId();
const content = new ContentManagementApi(session);
content.getQuery(undefined, undefined, undefined, undefined, "phrase", ["acl"]);
content.getContentmanagementQuery("phrase", 25);
content.getQuery({ queryPhrase: "phrase", pageSize: 25 });
// @ts-expect-error The phrase is the fifth argument of the older name.
content.getQuery("phrase");

// Where an argument goes into the address, dates may be dates; in a body they are texts.
users.getUsersDevelopmentActivities(["a"]);

// Both styles of handling an answer.
one.done((user, textStatus, request) => [user.name?.toUpperCase(), textStatus.length, request.status])
  .error((failure) => [failure.status, failure.correlationId, failure.responseJSON])
  .always(() => {})
  .statusCode({ 404: (failure) => failure.code, 409: [() => {}, null] })
  .pipe((user) => user.email?.length)
  .then((length) => length?.toFixed())
  .catch((failure) => failure.code);
const awaited: UserMe = await me;
const [first, second] = await Promise.all([users.getMe(), users.getUsers()]);
const named: string | undefined = first.name ?? awaited.name ?? second.entities?.[0]?.name;
// @ts-expect-error A listing has no name.
second.name;
one.abort().state() === "rejected";
export { named };
