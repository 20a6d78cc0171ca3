import { randomBytes, randomUUID } from 'node:crypto';
import { SallyportError, type notificationRoutes, type SubscriptionContent } from '@sallyport/contracts';
import { requireCaller, requirePerson, type Handlers } from '../platform/http/index.ts';
import type { Deliverer, DeliveryParts } from './deliver.ts';
import { secretPurpose } from './deliver.ts';
import { markRead, notificationsOf, unreadOf } from './inbox.ts';
import { testPayload } from './payload.ts';
import { deliveries, subscriptions, subscriptionsMax, toSubscription } from './store.ts';
import { checkWebhook, secretPrefix } from './webhook.ts';
import { sightOf } from '../incidents/index.ts';

const secretBytes = 32;

export function notificationHandlers(parts: DeliveryParts, deliverer: Deliverer): Handlers<typeof notificationRoutes> {
  const { platform, outbound, mail, url } = parts;
  const { database, clock, sealing } = platform;
  const known = async (id: string) => {
    const row = await subscriptions.byId(database, id);
    if (!row) throw new SallyportError('NotFound', `there is no subscription ${id}`);
    return row;
  };
  const check = ({ kind, target }: SubscriptionContent): void => {
    if (kind === 'webhook') checkWebhook(outbound, target);
  };
  return {
    listNotifications: async (context, { query: { limit, before } }) => {
      const person = requirePerson(context);
      const sight = sightOf(person, platform.workspaces);
      const [unread, notifications] = await Promise.all([
        unreadOf(database, person.id, sight),
        notificationsOf(database, person.id, { limit, before }, sight),
      ]);
      return { unread, notifications };
    },
    readNotifications: async (context, { body }) => {
      const person = requirePerson(context);
      await markRead(database, person.id, body, clock.now());
      return { unread: await unreadOf(database, person.id, sightOf(person, platform.workspaces)) };
    },
    listSubscriptions: async () => ({
      subscriptions: (await subscriptions.all(database)).map(toSubscription),
      mail: mail !== undefined,
    }),
    createSubscription: async (context, { body }) => {
      check(body);
      const id = randomUUID();
      const secret = body.kind === 'webhook' ? randomBytes(secretBytes) : undefined;
      const secretSealed = secret === undefined ? null : sealing.seal(secret, secretPurpose(id));
      context.audit({ target: `subscription ${body.name}`, details: { kind: body.kind, target: body.target } });
      await database.transaction(async (tx) => {
        if ((await subscriptions.all(tx)).length >= subscriptionsMax)
          throw new SallyportError('BadRequest', `there are at most ${subscriptionsMax} subscriptions`);
        const by = requireCaller(context).name;
        await subscriptions.insert(tx, { ...body, id, secretSealed, at: clock.now(), by });
      });
      return {
        subscription: toSubscription(await known(id)),
        secret: secret === undefined ? null : secretPrefix + secret.toString('base64'),
      };
    },
    updateSubscription: async (context, { params: { id }, body }) => {
      const before = await known(id);
      if (before.kind !== body.kind)
        throw new SallyportError('BadRequest', `it stays a ${before.kind}`, { target: 'body.kind' });
      check(body);
      context.audit({ target: `subscription ${body.name}`, details: { target: body.target, enabled: body.enabled } });
      await subscriptions.update(database, id, body, clock.now(), requireCaller(context).name);
      return { subscription: toSubscription(await known(id)) };
    },
    deleteSubscription: async (context, { params: { id } }) => {
      const gone = await subscriptions.delete(database, id);
      if (!gone) throw new SallyportError('NotFound', `there is no subscription ${id}`);
      context.audit({ target: `subscription ${gone.name}` });
      return {};
    },
    testSubscription: async (context, { params: { id } }) => {
      const row = await known(id);
      context.audit({ target: `subscription ${row.name}` });
      const payload = testPayload(url, requireCaller(context).name, clock.now());
      const result = await deliverer.send(row, randomUUID(), payload);
      return result.sent ? { sent: true, message: 'it was taken' } : { sent: false, message: result.error };
    },
    listDeliveries: async (_, { params: { id } }) => {
      await known(id);
      return { deliveries: await deliveries.of(database, id) };
    },
  };
}
