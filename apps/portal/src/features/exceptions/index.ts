import { z } from 'zod';
import { listOf, textOf } from '../../shared/address.ts';

export const exceptionStates = ['active', 'disabled', 'expired'] as const;
export const exceptionScopes = ['rule', 'table', 'global'] as const;

const Exceptions = z.object({
  search: textOf(200),
  state: listOf(exceptionStates),
  scope: listOf(exceptionScopes),
  selected: textOf(64),
});
export type ExceptionsSearch = Partial<z.infer<typeof Exceptions>>;
export const exceptionsSearch = (raw: Record<string, unknown>): ExceptionsSearch => Exceptions.parse(raw);
