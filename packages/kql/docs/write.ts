import { writeFileSync } from 'node:fs';
import { file, formatted } from './formatted.ts';

writeFileSync(file, await formatted());
