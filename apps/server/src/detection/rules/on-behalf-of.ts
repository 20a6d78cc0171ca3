import { SallyportError } from '@sallyport/contracts';
import { dataScopeOf } from '../../platform/data-scope.ts';
import type { Caller } from '../../platform/http/index.ts';
import type { Grant } from '../../platform/principal.ts';
import { setEnabled } from '../store.ts';
import type { Platform } from '../../platform/types.ts';
import { grantsOf, type OnBehalfOf } from './maker.ts';
import type { RuleRegistry } from './registry.ts';

/** Undefined for one who sees everything. */
export function onBehalfOf(caller: Caller): OnBehalfOf | undefined {
  const { whole, parts } = dataScopeOf(caller);
  return whole ? undefined : { personId: caller.id, name: caller.name, scopes: [...parts] };
}

/** Who sees a part of the data makes rules, and changes those alone that run for them. Throws Forbidden. */
export function refuseOthersRules(caller: Caller, registry: RuleRegistry, id: string): void {
  if (dataScopeOf(caller).whole) return;
  const { own } = registry.originOf(id);
  if (own ? own.on_behalf_of?.personId === caller.id : !registry.rules().has(id)) return;
  throw new SallyportError(
    'Forbidden',
    'the rule runs over data that your roles do not let you see: only rules that you made are yours to change',
  );
}

/** What somebody may do now; no grants for one who may do nothing. */
export type RightsOf = (personId: string) => Promise<readonly Grant[]>;

/**
 * Brings what rules are asked as up to the rights of those who made them. One whose maker may not read security data, or make rules, any more is stopped, with the reason; one whose maker sees
 * everything by now stays as it was, until they save it. Answers how many were stopped.
 */
export async function followRights(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  registry: RuleRegistry,
  rightsOf: RightsOf,
): Promise<number> {
  let stopped = 0;
  for (const { id, on_behalf_of: maker } of registry.own().values()) {
    if (!maker) continue;
    const grants = await rightsOf(maker.personId);
    const scope = dataScopeOf({ grants });
    const mayMake = grants.some(({ permissions }) => permissions.has('detectionTuning.manage'));
    const ended = !mayMake || (!scope.whole && scope.parts.length === 0);
    const now = ended ? [] : scope.whole ? maker.scopes : [...scope.parts];
    if (
      dataScopeOf({ grants: grantsOf({ ...maker, scopes: now }) }).key === dataScopeOf({ grants: grantsOf(maker) }).key
    )
      continue;
    await registry.store.setOnBehalfOf(id, { ...maker, scopes: now });
    if (!ended) continue;
    stopped++;
    const reason = `${maker.name}, for whom it ran, may not ${mayMake ? 'read security data' : 'make rules'} any more`;
    await setEnabled(database, { ruleId: id, enabled: false, reason, by: 'rules', now: clock.now() });
  }
  if (stopped > 0) await registry.refresh();
  return stopped;
}
