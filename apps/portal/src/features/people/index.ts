import { z } from 'zod';
import { oneOf, textOf } from '../../shared/address.ts';

export const personStates = ['all', 'enabled', 'disabled', 'deleted'] as const;
const People = z.object({ search: textOf(100), state: oneOf(personStates), selected: textOf(64) });
export type PeopleSearch = Partial<z.infer<typeof People>>;
export const peopleSearch = (raw: Record<string, unknown>): PeopleSearch => People.parse(raw);
