// CommonJS with `require`.
import pureCloud = require("purecloud");
import users = require("purecloud/users");

const session = new pureCloud.PureCloudSession();
const api: pureCloud.UsersApi = new users.UsersApi(session);
api.getMe().done(function (me) {
  const name: string | undefined = me.name;
  return name;
});
const user: pureCloud.User = { name: "Ada", version: 1 };
// @ts-expect-error There is no such class.
new pureCloud.UserApi(session);
export = user;
