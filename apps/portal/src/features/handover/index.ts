import { z } from 'zod';
import { oneOf } from '../../shared/address.ts';

export const shifts = ['4', '8', '12', '24', '72'] as const;
const HandoverState = z.object({ hours: oneOf(shifts) });
export type HandoverSearch = Partial<z.infer<typeof HandoverState>>;
export const handoverSearch = (raw: Record<string, unknown>): HandoverSearch => HandoverState.parse(raw);
