// Listings and notifications: loops are typed to the item, events to the model of their topic.
import { PureCloudSession, UsersApi, AnalyticsApi, RoutingApi } from "purecloud";
import type { EventNotice, ListingPosition, TopicName } from "purecloud";
import "purecloud/events";

const session = new PureCloudSession();

export async function listings(): Promise<void> {
  for await (const user of new UsersApi(session).getUsers({ pageSize: 100 })) {
    const name: string | undefined = user.name;
    void name;
    // @ts-expect-error A user is not a queue.
    user.memberCount;
  }
  const queues = await new RoutingApi(session).getRoutingQueues().all({ limit: 10, prefetch: 1 });
  const count: number | undefined = queues[0]?.memberCount;
  void count;
  for await (const { data, items, next } of new UsersApi(session).getUsers().pages()) {
    const total: number | undefined = data.total;
    const email: string | undefined = items[0]?.email;
    const position: ListingPosition | undefined = next;
    if (position) session.resume(position);
    void total, email;
  }
  // The pages of a job are its results.
  const job = new AnalyticsApi(session).postAnalyticsConversationsDetailsJobs({ interval: "" });
  for await (const conversation of job) {
    const id: string | undefined = conversation.conversationId;
    void id;
  }
  // @ts-expect-error One user is no listing.
  for await (const nothing of new UsersApi(session).getUser("id")) void nothing;
}

export async function notifications(id: string): Promise<void> {
  const subscription = session.notifications().subscribe(`v2.users.${id}.presence`, (event) => {
    const away: string | undefined = event.body.presenceDefinition?.systemPresence;
    void away;
    // @ts-expect-error A presence has no such member.
    event.body.nothingOfTheKind;
  });
  subscription.add(`v2.users.${id}.routingStatus`);
  for await (const notice of session.notifications().subscribe([`v2.users.${id}.presence`])) {
    if (notice.type == "event") notice.body.presenceDefinition;
    if (notice.type == "missed") notice.since.getTime();
  }
  session.notifications().subscribe(`v2.users.${id}?presence&station`);
  // @ts-expect-error There is no such topic.
  session.notifications().subscribe("v2.userz.1.presence");
  const topic: TopicName = `v2.users.${id}.presence`;
  const handler = (event: EventNotice<any>) => void event;
  session.notifications().subscribe(topic, handler);
}
