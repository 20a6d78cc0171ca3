import { readFile } from 'node:fs/promises';
import type { Handover, notificationRoutes } from '@sallyport/contracts';
import type { Directory } from '../identity/index.ts';
import type { WorkListener } from '../incidents/index.ts';
import { publicUrlOf } from '../platform/config/index.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { Handlers } from '../platform/http/index.ts';
import { createOutbound } from '../platform/outbound/index.ts';
import type { Domain, Platform } from '../platform/types.ts';
import { Deliverer, queueDeliveries, type DeliveryParts } from './deliver.ts';
import { forgetNotifications, tellHandover, tellPeople } from './inbox.ts';
import { createMail, type SendMail } from './mail.ts';
import { notificationHandlers } from './routes.ts';
import { deliveries } from './store.ts';

const deliveriesKeptMs = 30 * 86_400_000;

export type { SendMail } from './mail.ts';

export interface Notifications extends Domain<Handlers<typeof notificationRoutes>> {
  /** Tells people in the portal, and puts webhooks and mails before their subscriptions, in the transaction that takes the events. */
  readonly told: WorkListener;
  readonly handedOver: (handover: Handover, tx: Queryable) => Promise<void>;
  /** Sends a mail; undefined: no mail server is set. */
  readonly mail: SendMail | undefined;
  /** Sends what is due now; `start` does it by itself. Answers how many were tried. */
  deliver(): Promise<number>;
}

/** Who is told of what happens to incidents and cases, and how: in the portal, by webhook, by mail. */
export function createNotifications(platform: Platform, { directory }: { directory: Directory }): Notifications {
  const { config, clock, database, jobs } = platform;
  const authorities: string[] = [];
  const parts: DeliveryParts = {
    platform,
    outbound: createOutbound({
      hosts: config.webhookHosts,
      internalHosts: config.webhookInternalHosts,
      settingNames: { hosts: 'webhookHosts', internalHosts: 'webhookInternalHosts' },
    }),
    mail: createMail(config, () => authorities),
    authorities: () => authorities,
    url: publicUrlOf(config),
  };
  const deliverer = new Deliverer(parts);
  jobs.schedule('notifications-forget', '41 3 * * *', (job) =>
    job.step('forget', async () => {
      const now = clock.now();
      await forgetNotifications(database, now);
      await deliveries.forget(database, new Date(now.getTime() - deliveriesKeptMs));
    }),
  );
  return {
    handlers: notificationHandlers(parts, deliverer),
    told: async (events, tx) => {
      await tellPeople(tx, directory, events, clock.now());
      await queueDeliveries(tx, events, parts);
    },
    handedOver: (handover, tx) => tellHandover(tx, directory, handover),
    mail: parts.mail,
    deliver: () => deliverer.deliver(),
    start: async () => {
      if (config.notificationCaFile !== '') authorities.push(await readFile(config.notificationCaFile, 'utf8'));
      deliverer.start();
    },
    stop: () => deliverer.stop(),
  };
}
