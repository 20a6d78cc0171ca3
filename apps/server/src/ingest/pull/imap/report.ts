import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { simpleParser, type AddressObject, type Attachment, type EmailAddress, type ParsedMail } from 'mailparser';
import { linksOf } from './links.ts';

const attachmentsMax = 200;
const recipientsMax = 500;
const textMax = 2_000;

export interface MailAttachment {
  readonly fileName: string;
  readonly fileType: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What is kept of a mail: never its text or its attachments themselves. */
export interface Mail {
  readonly messageId: string;
  /** Exchange's own id of it, where it says so. */
  readonly networkMessageId: string | undefined;
  readonly subject: string;
  readonly date: Date | undefined;
  readonly from: { readonly address: string; readonly name: string };
  /** Of the envelope, as the last server wrote it down. */
  readonly mailFrom: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly senderIp: string;
  /** Results of SPF, DKIM, DMARC by name. */
  readonly authentication: Readonly<Record<string, string>>;
  readonly links: readonly string[];
  readonly attachments: readonly MailAttachment[];
  readonly bytes: number;
  readonly sha256: string;
}

export interface Report {
  readonly reporter: string;
  /** What was reported; undefined when it was not attached as a message. */
  readonly original: Mail | undefined;
  /** The mail by which it was reported. */
  readonly report: Mail;
}

const bounded = (text: string | undefined): string => (text ?? '').toWellFormed().slice(0, textMax);

const mailboxes = (entries: readonly EmailAddress[]): EmailAddress[] =>
  entries.flatMap((entry) => (entry.group === undefined ? [entry] : mailboxes(entry.group)));

function addressesOf(header: AddressObject | AddressObject[] | undefined): EmailAddress[] {
  const objects = header === undefined ? [] : Array.isArray(header) ? header : [header];
  return mailboxes(objects.flatMap(({ value }) => value)).slice(0, recipientsMax);
}

const plain = (header: AddressObject | AddressObject[] | undefined): string[] =>
  addressesOf(header).flatMap(({ address }) => (address === undefined || address === '' ? [] : [bounded(address)]));

/** Lines of a header, unfolded, topmost first. */
const linesOf = ({ headerLines }: ParsedMail, name: string): string[] =>
  headerLines
    .filter(({ key }) => key === name)
    .map(({ line }) =>
      line
        .slice(line.indexOf(':') + 1)
        .replaceAll(/\s+/g, ' ')
        .trim(),
    );

const ipIn = (text: string, expression: RegExp): string | undefined => {
  const found = expression.exec(text)?.[1]?.replace(/^IPv6:/i, '');
  return found !== undefined && isIP(found) !== 0 ? found : undefined;
};

/** From where it was handed in: as Exchange says, as the check of SPF says, else as the topmost server does. */
function senderIpOf(mail: ParsedMail): string {
  for (const line of linesOf(mail, 'x-forefront-antispam-report')) {
    const ip = ipIn(line, /\bCIP:([0-9a-f.:]+?)(?:;|$)/i);
    if (ip !== undefined) return ip;
  }
  for (const line of linesOf(mail, 'received-spf')) {
    const ip = ipIn(line, /\bclient-ip=([0-9a-f.:]+)/i);
    if (ip !== undefined) return ip;
  }
  for (const line of linesOf(mail, 'received')) {
    const ip = ipIn(line.split(/\bby\b/, 1)[0] ?? '', /\[((?:IPv6:)?[0-9a-f.:]+)\]/i);
    if (ip !== undefined) return ip;
  }
  return '';
}

/** RFC 8601: the topmost `Authentication-Results`, which the server nearest to the reader wrote. */
function authenticationOf(mail: ParsedMail): Record<string, string> {
  const [line = ''] = linesOf(mail, 'authentication-results');
  const results: Record<string, string> = {};
  for (const [, method = '', result = ''] of line.matchAll(/(?:^|;)\s*(spf|dkim|dmarc|compauth)\s*=\s*([a-z]+)/gi))
    results[method.toUpperCase()] ??= result.toLowerCase();
  return results;
}

const mailFromOf = (mail: ParsedMail): string => {
  const [line = ''] = linesOf(mail, 'return-path');
  return bounded(/<([^<>]*)>/.exec(line)?.[1] ?? line);
};

const attachmentOf = ({ filename, contentType, content }: Attachment): MailAttachment => ({
  fileName: bounded(filename),
  fileType: bounded(contentType),
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
});

function mailOf(source: Buffer, mail: ParsedMail): Mail {
  const [sender] = addressesOf(mail.from);
  const [network = ''] = linesOf(mail, 'x-ms-exchange-organization-network-message-id');
  return {
    messageId: bounded(mail.messageId),
    networkMessageId: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(network)
      ? network.toLowerCase()
      : undefined,
    subject: bounded(mail.subject),
    date: mail.date,
    from: { address: bounded(sender?.address), name: bounded(sender?.name) },
    mailFrom: mailFromOf(mail),
    to: plain(mail.to),
    cc: plain(mail.cc),
    senderIp: senderIpOf(mail),
    authentication: authenticationOf(mail),
    links: linksOf(mail.text ?? '', mail.html === false ? '' : (mail.html ?? '')),
    attachments: mail.attachments.slice(0, attachmentsMax).map(attachmentOf),
    bytes: source.length,
    sha256: createHash('sha256').update(source).digest('hex'),
  };
}

const parse = (source: Buffer): Promise<ParsedMail> =>
  simpleParser(source, {
    ignoreEmbedded: true,
    keepCidLinks: true,
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    checksumAlgo: false,
  });

const isMessage = ({ contentType, filename }: Attachment): boolean =>
  /^message\/(?:rfc822|global)$/i.test(contentType) || /\.eml$/i.test(filename ?? '');

/**
 * Takes a reported mail apart: who reported, and the message that is attached as it was (message/rfc822, or a file `.eml`), the first if there are several. What someone has
 * forwarded in the text cannot be told from what they write, so there is no original then.
 */
export async function readReport(source: Buffer): Promise<Report> {
  const mail = await parse(source);
  const attached = mail.attachments.find(isMessage);
  const report = mailOf(source, mail);
  return {
    reporter: report.from.address,
    original: attached === undefined ? undefined : mailOf(attached.content, await parse(attached.content)),
    report,
  };
}
