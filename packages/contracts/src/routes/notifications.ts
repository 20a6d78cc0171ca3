import { z } from 'zod';
import { route } from '../route.ts';
import { Severity } from './incidents.ts';
import { WorkParent } from './tasks.ts';

export const NotificationKind = z.enum(['mention', 'assignment', 'taskAssignment', 'serviceLevel', 'handover']);
export type NotificationKind = z.infer<typeof NotificationKind>;

export const Notification = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  kind: NotificationKind,
  /** One line: what happened. */
  title: z.string(),
  /** The words it is about, shortened; may be empty. */
  text: z.string(),
  by: z.string(),
  /** What it leads to; null: the hand-over notes. */
  parent: WorkParent.nullable(),
  readAt: z.iso.datetime().nullable(),
});
export type Notification = z.infer<typeof Notification>;

/** What subscriptions can be told of. */
export const SubscriptionEvent = z.enum([
  'incident.created',
  'incident.alertAdded',
  'incident.changed',
  'incident.commented',
  'incident.merged',
  'incident.serviceLevelBreached',
  'case.created',
  'case.changed',
  'case.commented',
]);
export type SubscriptionEvent = z.infer<typeof SubscriptionEvent>;

export const SubscriptionContent = z
  .object({
    name: z.string().trim().min(1).max(100),
    kind: z.enum(['webhook', 'mail']),
    /** A webhook's address, or mail addresses, one a line. */
    target: z.string().trim().min(1).max(4_000),
    enabled: z.boolean().default(true),
    /** Empty: all. */
    events: z.array(SubscriptionEvent).max(SubscriptionEvent.options.length).default([]),
    /** Of incidents; empty: all. */
    severities: z.array(Severity).max(4).default([]),
    /** Only incidents and cases of these owners; empty: of any. */
    owners: z.array(z.string().min(1).max(254)).max(100).default([]),
  })
  .superRefine(({ kind, target }, context) => {
    const wrong = (message: string): void => context.addIssue({ code: 'custom', path: ['target'], message });
    if (kind === 'webhook') {
      const url = URL.parse(target);
      if (!url || !['https:', 'http:'].includes(url.protocol)) wrong('expected an address, `https://…`');
      else if (url.username !== '' || url.password !== '') wrong('an address without user and password');
    } else {
      const addresses = target.split(/[\s,;]+/).filter(Boolean);
      if (addresses.length > 50) wrong('at most 50 addresses');
      const bad = addresses.find((address) => !z.email().max(254).safeParse(address).success);
      if (bad !== undefined) wrong(`\`${bad.slice(0, 100)}\` is no mail address`);
    }
  });
export type SubscriptionContent = z.infer<typeof SubscriptionContent>;

export const Subscription = z.object({
  id: z.uuid(),
  name: z.string(),
  kind: z.enum(['webhook', 'mail']),
  target: z.string(),
  enabled: z.boolean(),
  events: z.array(SubscriptionEvent),
  severities: z.array(Severity),
  owners: z.array(z.string()),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
  waiting: z.int(),
  lastSentAt: z.iso.datetime().nullable(),
  /** Why the newest try failed; null once one has succeeded. */
  lastError: z.string().nullable(),
});
export type Subscription = z.infer<typeof Subscription>;

export const Delivery = z.object({
  id: z.uuid(),
  event: z.string(),
  createdAt: z.iso.datetime(),
  state: z.enum(['waiting', 'sent', 'failed']),
  attempts: z.int(),
  nextAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  lastError: z.string().nullable(),
});
export type Delivery = z.infer<typeof Delivery>;

const ById = z.object({ id: z.uuid() });

export const notificationRoutes = {
  listNotifications: route({
    method: 'GET',
    path: '/api/notifications',
    permission: 'signedIn',
    summary: 'What the caller was told: mentions, assignments, service levels, hand-overs; newest first',
    query: z.object({
      limit: z.coerce.number().int().min(1).max(200).default(50),
      before: z.coerce.number().int().min(1).optional().describe('Ids below this one'),
    }),
    response: z.object({ unread: z.int(), notifications: z.array(Notification) }),
  }),
  readNotifications: route({
    method: 'POST',
    path: '/api/notifications/read',
    permission: 'signedIn',
    summary: 'Mark one as read, or all up to an id',
    body: z.union([z.object({ id: z.int().min(1) }), z.object({ upTo: z.int().min(1) })]),
    response: z.object({ unread: z.int() }),
  }),
  listSubscriptions: route({
    method: 'GET',
    path: '/api/subscriptions',
    permission: 'systemSettings.read',
    summary: 'Webhooks and mails on changes of incidents and cases',
    response: z.object({ subscriptions: z.array(Subscription), mail: z.boolean().describe('Whether SMTP is set up') }),
  }),
  createSubscription: route({
    method: 'POST',
    path: '/api/subscriptions',
    permission: 'systemSettings.manage',
    summary: 'Subscribe (at most 100); a webhook’s signing secret is in this answer only',
    body: SubscriptionContent,
    response: z.object({ subscription: Subscription, secret: z.string().nullable() }),
  }),
  updateSubscription: route({
    method: 'PUT',
    path: '/api/subscriptions/:id',
    permission: 'systemSettings.manage',
    summary: 'Change a subscription; its kind stays, and its secret',
    params: ById,
    body: SubscriptionContent,
    response: z.object({ subscription: Subscription }),
  }),
  deleteSubscription: route({
    method: 'DELETE',
    path: '/api/subscriptions/:id',
    permission: 'systemSettings.manage',
    summary: 'End a subscription; what waits is not sent',
    params: ById,
    response: z.object({}),
  }),
  testSubscription: route({
    method: 'POST',
    path: '/api/subscriptions/:id/test',
    permission: 'systemSettings.manage',
    summary: 'Send a test now; answers how it went',
    params: ById,
    response: z.object({ sent: z.boolean(), message: z.string() }),
  }),
  listDeliveries: route({
    method: 'GET',
    path: '/api/subscriptions/:id/deliveries',
    permission: 'systemSettings.read',
    summary: 'The newest 100 deliveries of a subscription, kept for 30 days',
    params: ById,
    response: z.object({ deliveries: z.array(Delivery) }),
  }),
} as const;
