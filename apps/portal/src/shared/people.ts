import { queryOptions, useQuery } from '@tanstack/react-query';
import { client } from './api.ts';

const STALE_MS = 60_000;

/** Whom work can be given to. */
export const peopleQuery = queryOptions({
  queryKey: ['people'],
  queryFn: ({ signal }) => client.listPeople({ signal }),
  staleTime: STALE_MS,
});

export interface Assignable {
  /** A user principal name, or a group's name: what an owner is kept as. */
  readonly name: string;
  /** Beside the name. */
  readonly hint: string;
  /** As it is written in a comment. */
  readonly mention: string;
}

/** People and groups, groups first. Empty until they are known. */
export function useAssignable(): readonly Assignable[] {
  const { data } = useQuery(peopleQuery);
  if (!data) return [];
  return [
    ...data.groups.map(({ name, members }) => ({ name, hint: `group of ${members.length}`, mention: `@[${name}]` })),
    ...data.people.map(({ userPrincipalName, displayName }) => ({
      name: userPrincipalName,
      hint: displayName,
      mention: `@${userPrincipalName}`,
    })),
  ];
}

const SHOWN_MAX = 50;

/** Those whose name or hint has every word that was typed; at most 50. */
export function matchingPeople(people: readonly Assignable[], typed: string): readonly Assignable[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return people
    .filter(({ name, hint }) => words.every((word) => `${name} ${hint}`.toLowerCase().includes(word)))
    .slice(0, SHOWN_MAX);
}
