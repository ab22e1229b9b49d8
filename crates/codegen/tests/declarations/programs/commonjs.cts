// CommonJS with `import`: the classes work with and without `new`, can be extended, and are types.
import { AuthorizationApi, PureCloudError, PureCloudSession, type DomainOrganizationRole } from "purecloud";
import { AuthorizationApi as Same } from "purecloud/authorization";

const session: PureCloudSession = PureCloudSession("mypurecloud.ie");
const plain: AuthorizationApi = AuthorizationApi(session);
const constructed: Same = new AuthorizationApi(session);

class Roles extends AuthorizationApi {
  first(): PromiseLike<DomainOrganizationRole | undefined> {
    return this.getRoles({ pageSize: 1 }).then((roles) => roles.entities?.[0]);
  }
}
const role = new Roles(session).first();
const is: boolean = plain instanceof AuthorizationApi;

session.authorizeWithClientCredentialsGrant("id", "secret").done(() => {
  constructed.getRoles().done((roles) => roles.entities?.forEach((role) => role.name?.length));
});
session.authorize("id", "http://localhost:8085/", "state").done((me) => me.name);
session.get<{ id: string }>("/api/v2/users/me").done((me) => me.id.length);
session.makeRequest("POST", "/api/v2/users", { name: "Ada" });
try {
  constructed.getAuthorizationRole("id");
} catch (error) {
  if (error instanceof PureCloudError) [error.operation, error.parameter, error.getResponseHeader("retry-after")];
}
// @ts-expect-error An environment is a text.
new PureCloudSession(5);
export { is, role };
