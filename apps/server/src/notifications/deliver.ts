import type { WorkEvent } from '../incidents/index.ts';
import type { Queryable } from '../platform/database/types.ts';
import type { Outbound } from '../platform/outbound/index.ts';
import type { Platform } from '../platform/types.ts';
import type { SendMail } from './mail.ts';
import { eventName, mailOf, payloadOf, type Payload } from './payload.ts';
import { deliveries, subscriptions, type DueDelivery, type SubscriptionRow } from './store.ts';
import { sendWebhook } from './webhook.ts';

/** After the n-th try that failed, as https://www.standardwebhooks.com has it: about three days in all. */
const [second, minute, hour] = [1_000, 60_000, 3_600_000];
export const retryAfterMs = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];

const leaseMs = 60_000;
const atOnce = 8;
const pollMs = 1_000;
/** Past it, newer ones are dropped, and that is said. */
const waitingMax = 10_000;
const errorCharsMax = 500;

export interface DeliveryParts {
  readonly platform: Pick<Platform, 'clock' | 'database' | 'sealing' | 'log' | 'metrics' | 'workspaces' | 'work'>;
  readonly outbound: Outbound;
  readonly mail: SendMail | undefined;
  readonly authorities: () => readonly string[];
  /** Address of the portal. */
  readonly url: string;
}

export const secretPurpose = (id: string): string => `webhook:${id}`;

/** Whether a subscription wants to be told of this. */
export function wants(
  subscription: Pick<SubscriptionRow, 'events' | 'severities' | 'owners'>,
  { item, subject }: Pick<WorkEvent, 'item' | 'subject'>,
  name: SubscriptionRow['events'][number],
): boolean {
  const { events, severities, owners } = subscription;
  return (
    (events.length === 0 || events.includes(name)) &&
    (severities.length === 0 || subject === 'case' || (item.severity !== null && severities.includes(item.severity))) &&
    (owners.length === 0 || (item.owner !== null && owners.includes(item.owner)))
  );
}

/** Puts what happened before each subscription that wants it, in the transaction that takes the events. */
export async function queueDeliveries(
  tx: Queryable,
  events: readonly WorkEvent[],
  { url, platform }: Pick<DeliveryParts, 'url' | 'platform'>,
): Promise<void> {
  const enabled = (await subscriptions.all(tx)).filter((row) => row.enabled);
  for (const subscription of enabled) {
    const wanted = events.flatMap((event) => {
      const name = eventName(event);
      return name !== undefined && wants(subscription, event, name)
        ? [{ subscription: subscription.id, payload: payloadOf(event, name, url) }]
        : [];
    });
    const room = Math.max(0, waitingMax - subscription.waiting);
    await deliveries.insert(tx, wanted.slice(0, room), platform.clock.now());
    if (wanted.length > room)
      await subscriptions.failed(tx, subscription.id, `more than ${waitingMax} wait: newer ones are dropped`, false);
  }
}

/** Sends what is due, and again what failed. */
export class Deliverer {
  readonly #parts: DeliveryParts;
  readonly #tried: { inc(labels: { kind: string; result: string }): void };
  #stopping = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#tried = parts.platform.metrics.counter('deliveries_total', 'Webhooks and mails that were tried', [
      'kind',
      'result',
    ]);
  }

  start(): void {
    this.#stopping = new AbortController();
    this.#loop = this.#run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** Tries those that are due, at most 8. Answers how many. */
  async deliver(): Promise<number> {
    const { database, clock } = this.#parts.platform;
    const due = await deliveries.take(database, clock.now(), leaseMs, atOnce);
    await Promise.all(due.map((delivery) => this.#try(delivery)));
    return due.length;
  }

  async #try({ id, payload, attempts, subscription }: DueDelivery): Promise<void> {
    const { database, clock } = this.#parts.platform;
    const row = await subscriptions.byId(database, subscription);
    if (!row) return;
    const result = await this.send(row, id, payload);
    const now = clock.now();
    this.#tried.inc({ kind: row.kind, result: result.sent ? 'sent' : 'failed' });
    if (result.sent) {
      await deliveries.sent(database, id, now);
      await subscriptions.succeeded(database, subscription, now);
      return;
    }
    const wait = result.gone ? undefined : retryAfterMs[attempts - 1];
    const next = wait === undefined ? undefined : new Date(now.getTime() + wait);
    const error = result.error.slice(0, errorCharsMax);
    await deliveries.failed(database, id, error, next, now);
    await subscriptions.failed(database, subscription, error, result.gone);
  }

  /** Sends one now. Does not throw. */
  async send(
    row: SubscriptionRow,
    id: string,
    payload: Payload,
  ): Promise<{ sent: true } | { sent: false; error: string; gone: boolean }> {
    const { platform, outbound, authorities, mail } = this.#parts;
    const refused = await platform.work.refusal('send webhooks and mails');
    if (refused !== undefined) return { sent: false, error: refused, gone: false };
    if (row.kind === 'webhook') {
      if (row.secret_sealed === null) return { sent: false, error: 'it has no secret', gone: false };
      return sendWebhook(
        {
          url: row.target,
          id: `msg_${id}`,
          body: JSON.stringify(payload),
          secret: platform.sealing.open(row.secret_sealed, secretPurpose(row.id)),
          now: platform.clock.now(),
          signal: this.#stopping.signal,
        },
        outbound,
        authorities(),
      );
    }
    if (!mail) return { sent: false, error: 'the setting `smtpUrl` names no mail server', gone: false };
    try {
      await mail({ id, to: row.target.split(/[\s,;]+/).filter(Boolean), ...mailOf(payload) });
      return { sent: true };
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      return { sent: false, error: `the mail server: ${reason.replaceAll(/[^\x20-\x7e]/g, '?')}`, gone: false };
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#parts.platform;
    while (!signal.aborted) {
      const tried = await this.deliver().catch((err: unknown) => {
        log.warn({ err }, 'notifications could not be sent');
        return 0;
      });
      if (tried < atOnce) await clock.sleep(pollMs, signal);
    }
  }
}
