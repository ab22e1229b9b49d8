// A page's script: everything is global, and nothing is imported.
/// <reference types="purecloud/global/session" />
/// <reference types="purecloud/global/users" />

var pureCloudSession: PureCloudSession = new PureCloudSession("mypurecloud.ie");
var usersapi: UsersApi = new UsersApi(pureCloudSession);
usersapi
  .getMe()
  .done(function (userObject) {
    document.title = "Hello, " + userObject.name;
  })
  .error(function (failure: PureCloudError) {
    document.title = "Failed: " + failure.status;
  })
  .always(function () {});
// @ts-expect-error Only the partials that the page has.
new RoutingApi(pureCloudSession);
