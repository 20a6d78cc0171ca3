import { SallyportError, workTasks, type WorkTaskName } from '@sallyport/contracts';
import type { AuditLog } from './audit/index.ts';
import { systemPrincipal, type Principal } from './principal.ts';

/** What is done by itself, each as its part of Sallyport (contracts' `work.ts`), which holds what the table gives it and no more. */
export interface Work {
  /**
   * The part as which something is done. Throws Forbidden where the part does not hold what that needs. The refusal is audited: the first of each task since the start,
   * since what comes again each minute would bury all else.
   */
  begin(task: WorkTaskName): Promise<Principal>;
  /** Why `begin` would throw; undefined: it would not. */
  refusal(task: WorkTaskName): Promise<string | undefined>;
}

/** `principalOf`: another table's, in tests. */
export function createWork(
  audit: Pick<AuditLog, 'record'>,
  principalOf: (part: string) => Principal = systemPrincipal,
): Work {
  const told = new Set<WorkTaskName>();
  const refusal = async (task: WorkTaskName, principal: Principal): Promise<string | undefined> => {
    const { as, needs } = workTasks[task];
    const missing = needs.filter((need) => !principal.grants.some(({ permissions }) => permissions.has(need)));
    if (missing.length === 0) return undefined;
    if (!told.has(task)) {
      told.add(task);
      await audit.record({
        actor: as,
        operation: 'RefuseWork',
        target: task,
        result: 'denied',
        ipAddress: '',
        requestId: '',
        details: { missing },
      });
    }
    return `${as} does not hold ${missing.join(', ')}`;
  };
  return {
    begin: async (task) => {
      const principal = principalOf(workTasks[task].as);
      const refused = await refusal(task, principal);
      if (refused !== undefined) throw new SallyportError('Forbidden', refused);
      return principal;
    },
    refusal: (task) => refusal(task, principalOf(workTasks[task].as)),
  };
}
