import type { Engine } from '@sallyport/lake';

/** The engine's address with user and password in it, as LAKE_URL has it. */
export function engineUrl({ url, username, password }: Pick<Engine, 'url' | 'username' | 'password'>): string {
  const full = new URL(url);
  full.username = username;
  full.password = password;
  return full.href;
}
