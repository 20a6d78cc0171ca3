import { rootCertificates } from 'node:tls';
import { createTransport } from 'nodemailer';

const timeoutMs = 20_000;

export interface Mail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  /** The same each time that it is tried: `Message-ID`. */
  readonly id: string;
}
/** Resolves once the server has taken the mail. Throws an Error that says why it didn't. */
export type SendMail = (mail: Mail) => Promise<void>;

/** Sends through the server of the setting `smtpUrl`; undefined when there is none. With a user, nothing goes unencrypted. */
export function createMail(
  { smtpUrl, smtpFrom }: { readonly smtpUrl: string; readonly smtpFrom: string },
  authorities: () => readonly string[],
): SendMail | undefined {
  if (smtpUrl === '') return undefined;
  const url = new URL(smtpUrl);
  const secure = url.protocol === 'smtps:';
  const auth =
    url.username === ''
      ? undefined
      : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  const domain = smtpFrom.split('@')[1] ?? 'localhost';
  return async ({ to, subject, text, id }) => {
    const transport = createTransport({
      host: url.hostname.replaceAll(/[[\]]/g, ''),
      port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
      secure,
      requireTLS: !secure && auth !== undefined,
      ...(auth === undefined ? {} : { auth }),
      tls: { ca: [...rootCertificates, ...authorities()] },
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      // What a mail says comes from logs: it must not make us read files or addresses.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
      await transport.sendMail({
        from: { name: 'Sallyport', address: smtpFrom },
        to: [...to],
        subject,
        text,
        messageId: `<${id}@${domain}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    } finally {
      transport.close();
    }
  };
}
