import type { QueryClient } from '@tanstack/react-query';
import type { IncidentSearch } from './index.ts';
import { incidentQuery, storyQuery } from './queries.ts';

/** Asks at once for all that the page of an incident shows first, while its code is still on its way: one after the other they are four ways to the server. */
export function askForIncident(queries: QueryClient, number: number, { tab = 'story' }: IncidentSearch): void {
  if (!Number.isSafeInteger(number) || number < 1) return;
  void queries.prefetchQuery(incidentQuery(number));
  if (tab !== 'story') return;
  void queries.prefetchQuery(storyQuery(number));
  // One that can't be loaded fails where it is shown.
  import('./story/GraphCanvas.tsx').catch(() => undefined);
}
