import { readFileSync } from 'node:fs';
import { format, type FormatConfig } from 'oxfmt';
import { page } from './page.ts';

/** Where the page lies. */
export const file = new URL('../../../docs/kql.md', import.meta.url);

const settings = JSON.parse(readFileSync(new URL('../../../.oxfmtrc.json', import.meta.url), 'utf8')) as FormatConfig;

/** The page as `npm run format` leaves it. */
export const formatted = async (): Promise<string> => (await format('kql.md', page(), settings)).code;
