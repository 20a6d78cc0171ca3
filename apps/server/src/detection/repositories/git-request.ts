import { repositoryLimits } from '@sallyport/contracts';
import { z } from 'zod';

/** What the thread that reads a Git repository is asked. */
export const GitRequest = z.object({
  url: z.string(),
  branch: z.string(),
  folder: z.string(),
  username: z.string(),
  token: z.string(),
  hosts: z.array(z.string()),
  internalHosts: z.array(z.string()),
  /** An empty folder that is removed afterwards. */
  scratch: z.string(),
  /** Nothing is read where the branch is still at this commit. */
  known: z.string().nullable(),
  transferBytesMax: z.int().default(repositoryLimits.transferBytes),
});
export type GitRequest = z.infer<typeof GitRequest>;

/** What it answers. `content` is null where there is nothing new. */
export const GitAnswer = z.union([
  z.object({
    commit: z.string(),
    content: z
      .object({
        files: z.array(z.object({ path: z.string(), text: z.string() })),
        leftOut: z.array(z.object({ path: z.string(), reason: z.string() })),
      })
      .nullable(),
  }),
  z.object({ fault: z.string() }),
]);
export type GitAnswer = z.infer<typeof GitAnswer>;

/** The address of a repository. Throws RangeError with a reason. */
export function gitUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new RangeError('the address of a repository begins with https://');
  if (url.username || url.password)
    throw new RangeError('the address must not hold a user or a password: they have fields of their own');
  if (url.search || url.hash) throw new RangeError('the address must not hold ? or #');
  return url;
}

/** As `Outbound` takes it. */
export const targetOf = (url: URL) => ({
  host: url.hostname.replaceAll(/[[\]]/g, ''),
  port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
  encrypted: url.protocol === 'https:',
});

export const settingNames = { hosts: 'repositoryHosts', internalHosts: 'repositoryInternalHosts' } as const;
