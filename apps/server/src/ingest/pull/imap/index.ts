import { SallyportError } from '@sallyport/contracts';
import { z } from 'zod';
import type { Arrival } from '../../doors/arrivals.ts';
import { itemOf } from '../batch.ts';
import { targetOf as urlTarget } from '../http/request.ts';
import type { Item, Kind, Page, PollContext } from '../types.ts';
import { openMailbox, targetOf, type Mailbox } from './mailbox.ts';
import { recordsOf } from './records.ts';
import { readReport } from './report.ts';

type Context = PollContext<'imap'>;

/** Largest mail that is read whole. */
const mailBytesMax = 25 * 1024 ** 2;
/** Of a larger one: enough for its headers and text. */
const cutBytes = 1024 ** 2;
const page = { mails: 20, bytes: 50 * 1024 ** 2 };
/** Mails of one poll. */
const mailsMax = 5_000;
/** So long a mail is known again in a mailbox that was made anew. */
const knownMs = 400 * 86_400_000;
const reportedMailStream = 'Custom-ReportedMail';

/** UIDs mean something only together with the mailbox's UIDVALIDITY (RFC 9051, 2.3.1.1). */
const Checkpoint = z.object({ uidValidity: z.string(), uid: z.number() });
type Checkpoint = z.infer<typeof Checkpoint>;

async function uidsToRead(context: Context, mailbox: Mailbox): Promise<{ after: number; uids: number[] }> {
  const { settings, createdAt } = context;
  const parsed = Checkpoint.safeParse(context.checkpoint);
  if (parsed.success && parsed.data.uidValidity === mailbox.uidValidity) {
    const { uid } = parsed.data;
    return { after: uid, uids: await mailbox.uids({ after: uid }) };
  }
  // New to us, or made anew by its server: then messages that were read are known by their hashes.
  const uids = await mailbox.uids({ since: new Date(createdAt.getTime() - settings.lookBackDays * 86_400_000) });
  return { after: mailbox.uidNext - 1, uids };
}

async function arrivalsOf(mailbox: Mailbox, uid: number, size: number, name: string) {
  const message = await mailbox.message(uid, size > mailBytesMax ? cutBytes : mailBytesMax);
  if (message?.source === undefined) return undefined;
  const at = new Date(message.internalDate ?? Number.NaN);
  const report = await readReport(message.source);
  const rest = { kind: 'object', names: [reportedMailStream], group: '', labels: { source: name } } as const;
  const receivedAt = Number.isNaN(at.getTime()) ? (report.report.date ?? new Date(0)) : at;
  const arrivals = recordsOf(report, receivedAt).map((record): Arrival => ({
    content: JSON.stringify(record),
    ...rest,
  }));
  return { arrivals, receivedAt, bytes: message.source.length, item: itemOf('mail', report.report.sha256) };
}

async function* pages(context: Context): AsyncGenerator<Page> {
  const { settings, secrets, services, signal } = context;
  const mailbox = await openMailbox(settings, secrets['password'] ?? '', services, signal);
  try {
    const { after, uids } = await uidsToRead(context, mailbox);
    const { uidValidity } = mailbox;
    const todo = uids.slice(0, mailsMax);
    const checkpointAt = (uid: number): Checkpoint => ({ uidValidity, uid });
    for (let at = 0; at < todo.length;) {
      const sizes = await mailbox.sizes(todo.slice(at, at + page.mails));
      const arrivals: Arrival[] = [];
      const items: Item[] = [];
      const notes: string[] = [];
      let [bytes, newest]: [number, Date | undefined] = [0, undefined];
      for (const end = at + page.mails; at < Math.min(end, todo.length) && bytes < page.bytes; at++) {
        const uid = todo[at] ?? 0;
        const size = sizes.get(uid) ?? 0;
        const name = `${settings.mailbox} ${uid}`;
        const read = await arrivalsOf(mailbox, uid, size, name);
        if (read === undefined || (await context.taken([read.item])).size > 0) continue;
        items.push({ item: read.item, at: services.clock.now() });
        if (size > mailBytesMax)
          notes.push(`${name}: larger than ${mailBytesMax / 1024 ** 2} MiB; only its beginning is read`);
        arrivals.push(...read.arrivals);
        bytes += read.bytes;
        if (newest === undefined || read.receivedAt > newest) newest = read.receivedAt;
      }
      const last = at === todo.length && todo.length === uids.length;
      yield {
        arrivals,
        bytes,
        checkpoint: checkpointAt(todo[at - 1] ?? after),
        items,
        forgetBefore: new Date(services.clock.now().getTime() - knownMs),
        ...(newest === undefined ? {} : { newestAt: newest }),
        caughtUp: last,
        ...(notes.length === 0 ? {} : { note: notes.slice(0, 3).join('; ') }),
      };
    }
    if (todo.length === 0) yield { bytes: 0, checkpoint: checkpointAt(after), caughtUp: true };
  } finally {
    await mailbox.close();
  }
}

/** Mailboxes that people send suspicious mail to. Nothing is changed there: no flag is set, nothing is deleted. */
export const imapKind: Kind<'imap'> = {
  identity: ({ host, port, user, mailbox }) => JSON.stringify([host, port, user, mailbox]),
  destination: ({ host, port, security, auth, tokenUrl }) =>
    JSON.stringify([host, port, security, auth, auth === 'oauth2' && tokenUrl !== '' ? new URL(tokenUrl).origin : '']),
  check: (settings, secrets, { outbound }) => {
    outbound.check(targetOf(settings));
    if (secrets['password'] === undefined)
      throw new SallyportError('BadRequest', 'the password is missing', { target: 'body.secrets.password' });
    if (settings.auth !== 'oauth2') return;
    for (const name of ['tokenUrl', 'clientId'] as const)
      if (settings[name] === '')
        throw new SallyportError('BadRequest', 'it is missing', { target: `body.settings.${name}` });
    outbound.check(urlTarget(new URL(settings.tokenUrl)));
  },
  pages,
};
