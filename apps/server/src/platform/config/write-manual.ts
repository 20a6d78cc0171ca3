import { writeFileSync } from 'node:fs';
import { configurationManual } from './manual.ts';

writeFileSync(new URL('../../../../../docs/operations/configuration.md', import.meta.url), configurationManual());
