import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { client } from '../../shared/api.ts';
import type { PeopleSearch } from './index.ts';

const SHOWN = 500;

export const directoryQuery = ({ search = '', state = 'all' }: PeopleSearch) =>
  queryOptions({
    queryKey: ['directory', 'people', search, state],
    queryFn: ({ signal }) => client.listDirectoryPeople({ signal, query: { search, state, limit: SHOWN } }),
    placeholderData: keepPreviousData,
  });

export const personQuery = (id: string) =>
  queryOptions({
    queryKey: ['directory', 'person', id],
    queryFn: ({ signal }) => client.getDirectoryPerson({ signal, params: { id } }),
  });
