import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Mail, Report } from './report.ts';

/** A UUID version 8 (RFC 9562, section 5.8) of a text: the same text, the same UUID. */
function uuidOf(text: string): string {
  const hash = createHash('sha256').update(text).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const lower = (text: string): string => text.toLowerCase();

/** What the rows of a mail's links and attachments repeat of it. */
function aboutMail(mail: Mail, recipient: string) {
  return {
    InternetMessageId: mail.messageId,
    SenderFromAddress: lower(mail.from.address),
    SenderDisplayName: mail.from.name,
    RecipientEmailAddress: recipient,
  };
}

/**
 * Records of the stream `Custom-ReportedMail`: the report; and when the original was attached, that mail, each of its links and each of its attachments. Without an
 * original, links and attachments are those of the report.
 */
export function recordsOf(
  { reporter, original, report }: Report,
  receivedAt: Date,
): Readonly<Record<string, unknown>>[] {
  const mail = original ?? report;
  const network = mail.networkMessageId ?? uuidOf(`message ${mail.messageId} ${mail.sha256}`);
  const submission = uuidOf(`submission ${lower(reporter)} ${report.messageId} ${report.sha256}`);
  const recipients = [...mail.to, ...mail.cc].map(lower);
  const recipient = recipients.includes(lower(reporter)) ? lower(reporter) : (recipients[0] ?? lower(reporter));
  const common = { Time: receivedAt.toISOString(), SubmissionId: submission, NetworkMessageId: network };
  const about = aboutMail(mail, recipient);
  const ip = isIPv6(mail.senderIp) ? { SenderIPv6: mail.senderIp } : { SenderIPv4: mail.senderIp };
  const facts = {
    ...about,
    ...ip,
    Subject: mail.subject,
    SenderMailFromAddress: lower(mail.mailFrom),
    To: mail.to,
    Cc: mail.cc,
    MessageDate: mail.date?.toISOString(),
    AuthenticationDetails: mail.authentication,
    UrlCount: mail.links.length,
    AttachmentCount: mail.attachments.length,
    EmailSize: mail.bytes,
    SHA256: mail.sha256,
  };
  const submitted = {
    ...common,
    ReportKind: 'Submission',
    Reporter: lower(reporter),
    ReporterName: report.from.name,
    ReportSubject: report.subject,
    ReportMessageId: report.messageId,
    HasOriginal: original !== undefined,
    ...(original === undefined ? { SubmissionSubject: report.subject } : facts),
  };
  return [
    submitted,
    ...(original === undefined ? [] : [{ ...common, ReportKind: 'Email', ...facts }]),
    ...mail.links.map((Url) => ({ ...common, ReportKind: 'Url', ...about, Url, UrlLocation: 'Body' })),
    ...mail.attachments.map(({ fileName, fileType, bytes, sha256 }) => ({
      ...common,
      ReportKind: 'Attachment',
      ...about,
      FileName: fileName,
      FileType: fileType,
      FileSize: bytes,
      SHA256: sha256,
    })),
  ];
}
