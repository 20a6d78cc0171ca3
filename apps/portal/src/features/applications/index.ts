import { z } from 'zod';
import { textOf } from '../../shared/address.ts';

const Applications = z.object({ search: textOf(200), selected: textOf(64) });
export type ApplicationsSearch = Partial<z.infer<typeof Applications>>;
export const applicationsSearch = (raw: Record<string, unknown>): ApplicationsSearch => Applications.parse(raw);
