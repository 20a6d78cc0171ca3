import { dataPermissions, SallyportError, scopedRoutes } from '@sallyport/contracts';
import { z } from 'zod';
import { dataScopeOf } from '../../data-scope.ts';
import type { Step } from '../exchange.ts';

const OfIncident = z.object({ number: z.int() });

/** Who sees a part of the data is let to routes that are made for that; the handlers of these do the rest. */
export const checkScope: Step = async ({ name, route: { permission }, caller, input }, { requireWholeIncident }) => {
  if (!caller || permission === 'public' || permission === 'signedIn' || !dataPermissions.has(permission)) return;
  if (dataScopeOf(caller, permission).whole) return;
  const how = scopedRoutes.get(name);
  if (how === undefined)
    throw new SallyportError(
      'Forbidden',
      'this is about all of the data, and your roles are over a part of it: it is for those whose role is over everything',
    );
  if (how === 'wholeIncident') await requireWholeIncident(caller, permission, OfIncident.parse(input.params).number);
};
