import { SubscriptionEvent } from '@sallyport/contracts';
import type { WorkEvent } from '../incidents/index.ts';

/** What is sent of an event: the body of a webhook, and what a mail is written from. */
export interface Payload {
  readonly type: string;
  /** When it happened. */
  readonly timestamp: string;
  readonly data: {
    readonly kind: 'incident' | 'case' | 'test';
    readonly number: number;
    readonly url: string;
    readonly title: string;
    readonly status: string;
    readonly owner: string | null;
    readonly severity?: string | null;
    readonly classification?: string | null;
    readonly alertCount?: number | null;
    readonly priority?: string | null;
    readonly by: string;
    /** What happened, in words. */
    readonly text: string;
    readonly changes: WorkEvent['changes'];
  };
}

const verbs: Readonly<Record<string, string>> = { comment: 'commented' };
/** The name of an event for subscriptions; undefined for one that they are not told of. */
export const eventName = ({ subject, kind }: Pick<WorkEvent, 'subject' | 'kind'>): SubscriptionEvent | undefined =>
  SubscriptionEvent.options.find((name) => name === `${subject}.${verbs[kind] ?? kind}`);

export function payloadOf(event: WorkEvent, type: SubscriptionEvent, url: string): Payload {
  const { subject, number, at, by, text, changes, item } = event;
  const { title, status, owner, severity, classification, alertCount, priority } = item;
  return {
    type,
    timestamp: at.toISOString(),
    data: {
      kind: subject,
      number,
      url: `${url}/${subject}s/${number}`,
      title,
      status,
      owner,
      ...(subject === 'incident' ? { severity, classification, alertCount } : { priority }),
      by,
      text,
      changes,
    },
  };
}

export const testPayload = (url: string, by: string, now: Date): Payload => ({
  type: 'test',
  timestamp: now.toISOString(),
  data: {
    kind: 'test',
    number: 0,
    url,
    title: 'A test of this subscription',
    status: 'New',
    owner: null,
    by,
    text: `${by} sent a test.`,
    changes: {},
  },
});

/** Control characters and those that reorder text: titles and comments hold what logs brought. */
const unseen =
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const plain = (text: string): string => text.replaceAll('\r\n', '\n').replaceAll(unseen, '\u{FFFD}');
const line = (text: string): string => plain(text).replaceAll(/\s+/g, ' ').trim();

const subjectCharsMax = 200;
const bodyCharsMax = 20_000;

/** A mail in plain text. */
export function mailOf({ type, timestamp, data }: Payload): { readonly subject: string; readonly text: string } {
  const what = data.kind === 'test' ? 'Test' : `${data.kind === 'case' ? 'Case' : 'Incident'} ${data.number}`;
  const weight = data.severity ?? data.priority;
  const happened =
    type
      .split('.')[1]
      ?.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
      .toLowerCase() ?? 'sent';
  const subject = line(`${weight ? `[${weight}] ` : ''}${what} ${happened}: ${data.title}`);
  const facts = [
    `Status: ${data.status}`,
    `Owner: ${data.owner ?? 'nobody'}`,
    ...(data.severity ? [`Severity: ${data.severity}`] : []),
    ...(data.priority ? [`Priority: ${data.priority}`] : []),
    ...(data.alertCount ? [`Alerts: ${data.alertCount}`] : []),
    `By: ${data.by}, ${timestamp}`,
  ];
  const text = plain([data.title, '', ...facts, '', data.text, '', data.url].join('\n'));
  return {
    subject: subject.length > subjectCharsMax ? `${subject.slice(0, subjectCharsMax - 1)}…` : subject,
    text: text.length > bodyCharsMax ? `${text.slice(0, bodyCharsMax)}…\n\n${data.url}` : text,
  };
}
