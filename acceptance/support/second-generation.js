// Small programs in the style of 2017, each `(purecloud, { origin, id, secret, log })`: the same one runs with the SDK of that
// year and with ours. What they log has no ids or times in it.

/** A session that knows the emulator: that year's SDK knew environments alone, so the addresses are set afterwards. */
function connect(purecloud, { origin, id, secret }, options = {}) {
  const session = purecloud.PureCloudSession({ strategy: "client-credentials", clientId: id, clientSecret: secret, timeout: 20000, ...options });
  session.apiUrl = session.authUrl = origin;
  return session;
}

export const programs = {
  "a list of queues, page by page, by nextUri": (purecloud, world) => {
    const session = connect(purecloud, world);
    const names = [];
    const next = (page) => {
      names.push(...page.entities.map((queue) => queue.name));
      return page.nextUri ? session.get(page.nextUri).then(next) : names;
    };
    return session
      .login()
      .then((nothing) => world.log("login", nothing))
      .then(() => purecloud.RoutingApi(session).getQueues(2, 1))
      .then(next)
      .then((all) => world.log(all.length, all.join()));
  },

  "pages by number, and a query by an object": (purecloud, world) => {
    const session = connect(purecloud, world);
    const users = purecloud.UsersApi(session);
    const loop = (pageNumber) =>
      users.getUsers(20, pageNumber).then((page) => {
        world.log(page.pageNumber, page.entities.length, page.total);
        return pageNumber < page.pageCount ? loop(pageNumber + 1) : session.get("/api/v2/users", { pageSize: 3, pageNumber: 2 });
      });
    return session
      .login()
      .then(() => loop(1))
      .then((page) => world.log(page.entities.map((user) => user.name).join()))
      .then(() => session.makeRequest("get", "/api/v2/users", { pageSize: 1 }))
      .then((page) => world.log(page.pageSize, page.entities.length));
  },

  "a presence board": (purecloud, world) => {
    const session = connect(purecloud, world);
    const presence = new purecloud.PresenceApi(session);
    let user;
    return session
      .login()
      .then(() => presence.getPresencedefinitions())
      .then((definitions) => world.log(definitions.entities.map(({ systemPresence }) => systemPresence).sort().join()))
      .then(() => purecloud.UsersApi(session).getUsers(1))
      .then((page) => {
        user = page.entities[0];
        const away = { primary: true, presenceDefinition: { id: "ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5" } };
        return presence.patchUserIdPresencesSourceId(user.id, "PURECLOUD", away);
      })
      .then((set) => world.log(set.presenceDefinition.systemPresence))
      .then(() => presence.getUserIdPresencesSourceId(user.id, "PURECLOUD"))
      .then((read) => world.log(read.presenceDefinition.id));
  },

  "a channel, its subscriptions, and their end": (purecloud, world) => {
    const session = connect(purecloud, world);
    const api = new purecloud.NotificationsApi(session);
    let channel;
    return session
      .login()
      .then(() => api.postChannels())
      .then((made) => {
        channel = made;
        world.log(typeof channel.id, /^wss?:/.test(channel.connectUri));
        return purecloud.UsersApi(session).getUsers(1);
      })
      .then((page) => api.putChannelsChannelIdSubscriptions(channel.id, [{ id: `v2.users.${page.entities[0].id}.presence` }]))
      .then((subscribed) => world.log(subscribed.entities.length))
      .then(() => api.deleteChannelsChannelIdSubscriptions(channel.id))
      .then((nothing) => world.log("deleted", JSON.stringify(nothing)))
      .then(() => api.getChannelsChannelIdSubscriptions(channel.id))
      .then((left) => world.log(left.entities.length));
  },

  "a contact list and its contacts": (purecloud, world) => {
    const session = connect(purecloud, world);
    const api = new purecloud.OutboundApi(session);
    const list = { name: "Callers", columnNames: ["Name", "Phone"], phoneColumns: [{ columnName: "Phone", type: "cell" }] };
    let id;
    return session
      .login()
      .then(() => api.postContactlists(list))
      .then((made) => {
        id = made.id;
        world.log(made.name, made.columnNames.join(), made.version);
        return api.postContactlistsContactlistIdContacts(id, [{ contactListId: id, data: { Name: "Ada", Phone: "+13175550100" } }]);
      })
      .then((contacts) => world.log(Array.isArray(contacts)))
      .then(() => api.getContactlistsContactlistId(id, false, false))
      .then((read) => world.log(read.name))
      .then(() => api.deleteContactlistsContactlistId(id))
      .then(() => api.getContactlistsContactlistId(id))
      .catch((error) => world.log(error.statusCode, error.body.code));
  },

  "an analytics query": (purecloud, world) => {
    const session = connect(purecloud, world);
    const query = {
      interval: "2026-11-01T00:00:00.000Z/2026-12-01T00:00:00.000Z",
      groupBy: ["queueId"],
      metrics: ["tHandle"],
      filter: { type: "and", predicates: [{ type: "dimension", dimension: "mediaType", operator: "matches", value: "voice" }] },
    };
    const api = purecloud.AnalyticsApi(session);
    return session
      .login()
      .then(() => api.postConversationsAggregatesQuery(query))
      .then((answer) => world.log(Object.keys(answer).join(), Array.isArray(answer.results)))
      .then(() => api.postConversationsAggregatesQuery({ ...query, interval: "never" }))
      .catch((error) => world.log(error.statusCode, typeof error.body.message, error.headers["content-type"].split(";")[0]));
  },

  "failures by their fields": (purecloud, world) => {
    const heard = [];
    const session = connect(purecloud, world);
    session.setUnauthenticatedErrorHandler((error) => heard.push(error.status));
    const users = purecloud.UsersApi(session);
    const show = (error) => world.log(error.statusCode, error.body && error.body.code, error.headers && typeof error.headers["inin-correlation-id"]);
    const thrown = (act) => {
      try {
        act();
      } catch (error) {
        world.log(error instanceof Error, error.message);
      }
    };
    thrown(() => users.getUserId());
    thrown(() => purecloud.RoutingApi(session).putQueuesQueueId("x"));
    thrown(() => connect(purecloud, world, { strategy: "magic" }).login());
    thrown(() => connect(purecloud, world, { strategy: "token" }).login());
    return users
      .getUsers()
      // That year's SDK sends the text `bearer undefined` here, and ours nothing: the platform's code differs.
      .catch((error) => world.log(error.statusCode, typeof error.body.code))
      .then(() => world.log("handler", heard.join()))
      .then(() => connect(purecloud, world, { clientSecret: "wrong" }).login())
      .catch((error) => world.log("login", error.statusCode >= 400))
      .then(() => session.login())
      .then(() => users.getUserId("00000000-0000-4000-8000-000000000000"))
      .catch(show)
      .then(() => users.getUsers(1))
      .then((page) => world.log(page.entities.length, heard.length));
  },

  "a token of another session": (purecloud, world) => {
    const first = connect(purecloud, world);
    return first
      .login()
      .then(() => {
        world.log(typeof first.options.token);
        const second = connect(purecloud, world, { strategy: "token", token: first.options.token });
        return second.login().then((nothing) => {
          world.log(nothing, second.options.token === first.options.token);
          second.options.token = "other";
          return purecloud.UsersApi(second).getUsers();
        });
      })
      .catch((error) => world.log(error.statusCode));
  },
};
