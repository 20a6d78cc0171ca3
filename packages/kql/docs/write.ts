import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { page } from './page.ts';

const file = new URL('../../../docs/kql.md', import.meta.url);
const style = await resolveConfig(file);
writeFileSync(file, await format(page(), { ...style, parser: 'markdown' }));
