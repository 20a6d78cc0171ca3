import { z } from 'zod';

/** The name of a time zone of IANA's, as `Intl` writes it whatever its case. */
export const TimeZone = z
  .string()
  .trim()
  .max(64)
  .transform((name, context) => {
    try {
      if (/^[A-Za-z]/.test(name)) return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    } catch {
      // No zone of that name.
    }
    context.addIssue({ code: 'custom', message: 'the name of a time zone, such as Europe/Berlin' });
    return z.NEVER;
  });
