import { builtInRoles, roleNames } from '@sallyport/contracts';
import { sallyportApplicationId } from '@sallyport/contracts/conditional-access';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { client } from '../../shared/api.ts';
import { applicationsQuery } from '../applications/queries.ts';
import { accessKey, contextsQuery, locationsQuery, strengthsQuery, termsQuery } from './queries.ts';

/** What a policy may name. */
export interface Choice {
  readonly id: string;
  readonly name: string;
  readonly hint?: string;
}
export const choiceKinds = [
  'user',
  'group',
  'role',
  'application',
  'location',
  'strength',
  'context',
  'terms',
] as const;
export type ChoiceKind = (typeof choiceKinds)[number];

const PEOPLE_MAX = 500;
const peopleQuery = {
  queryKey: [...accessKey, 'people'],
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await client.listDirectoryPeople({ signal, query: { limit: PEOPLE_MAX } })).people,
  staleTime: 60_000,
};
const groupsQuery = {
  queryKey: [...accessKey, 'groups'],
  queryFn: async ({ signal }: { signal: AbortSignal }) => (await client.listDirectoryGroups({ signal })).groups,
  staleTime: 60_000,
};

const roles: readonly Choice[] = roleNames.map((name) => ({ id: builtInRoles[name].id, name }));

const special: Readonly<Partial<Record<ChoiceKind, readonly Choice[]>>> = {
  application: [
    { id: sallyportApplicationId, name: 'Sallyport', hint: 'this portal' },
    { id: 'Office365', name: 'Office 365', hint: 'the applications of that name' },
    { id: 'MicrosoftAdminPortals', name: 'Admin portals', hint: 'this portal' },
  ],
  location: [
    { id: 'All', name: 'Any network or location' },
    { id: 'AllTrusted', name: 'All trusted networks and locations' },
  ],
};
const words: Readonly<Record<string, string>> = { All: 'All', None: 'None', GuestsOrExternalUsers: 'Guests' };

export interface Names {
  /** What an id is called; the id itself where nobody knows. */
  readonly of: (kind: ChoiceKind, id: string) => string;
  readonly choices: (kind: ChoiceKind) => readonly Choice[];
}

/** Names of all that policies name. People past the first 500 are found by typing in `Picker`. */
export function useNames(): Names {
  const people = useQuery(peopleQuery).data;
  const groups = useQuery(groupsQuery).data;
  const applications = useQuery(applicationsQuery).data;
  const locations = useQuery(locationsQuery).data;
  const strengths = useQuery(strengthsQuery).data;
  const contexts = useQuery(contextsQuery).data;
  const terms = useQuery(termsQuery).data;
  return useMemo(() => {
    const named = (all: readonly { id: string; displayName: string }[] | undefined): Choice[] =>
      (all ?? []).map(({ id, displayName }) => ({ id, name: displayName }));
    const known: Readonly<Record<ChoiceKind, readonly Choice[]>> = {
      user: (people ?? []).map(({ id, displayName, userPrincipalName }) => ({ id, name: displayName, hint: userPrincipalName })), // prettier-ignore
      group: (groups ?? []).map(({ id, name }) => ({ id, name, hint: 'group' })),
      role: roles,
      application: [
        ...(special.application ?? []),
        ...(applications?.applications ?? []).map(({ appId, displayName }) => ({ id: appId, name: displayName })),
      ],
      location: [...(special.location ?? []), ...named(locations)],
      strength: named(strengths),
      context: (contexts ?? []).map(({ id, displayName }) => ({ id, name: displayName, hint: id })),
      terms: named(terms),
    };
    const byId = new Map(
      choiceKinds.flatMap((kind) => known[kind].map(({ id, name }) => [`${kind} ${id.toLowerCase()}`, name] as const)),
    );
    return {
      of: (kind, id) => byId.get(`${kind} ${id.toLowerCase()}`) ?? words[id] ?? id,
      choices: (kind) => known[kind],
    };
  }, [people, groups, applications, locations, strengths, contexts, terms]);
}
