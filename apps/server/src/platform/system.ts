import { systemRoutes } from '@sallyport/contracts';
import { settingsInForce } from './config/index.ts';
import type { Handlers } from './http/index.ts';
import type { Problems } from './problems.ts';
import type { Domain, Platform } from './types.ts';

/** Resolves when the part can serve; anything else is not ready. */
export type ReadinessCheck = () => Promise<void>;

const checkMaxMs = 2_000;
/** A walk over the whole chain costs seconds when it is long, so that a page that is reloaded shares one. */
const verifiedForMs = 60_000;

async function isReady(check: ReadinessCheck): Promise<boolean> {
  const timedOut = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), checkMaxMs).unref());
  return Promise.race([
    check().then(
      () => true,
      () => false,
    ),
    timedOut,
  ]);
}

/** Health, metrics, settings and the audit log. */
export function createSystem(
  platform: Platform,
  parts: { version: string; readiness: Readonly<Record<string, ReadinessCheck>>; problems: Problems },
): Domain<Handlers<typeof systemRoutes>> {
  let verified: { until: number; intact: Promise<boolean> } | undefined;
  const isIntact = (): Promise<boolean> => {
    const now = platform.clock.now().getTime();
    if (!verified || verified.until < now) {
      const intact = platform.audit.verify().then((result) => {
        if (!result.intact) platform.log.error({ ...result }, 'the audit chain is broken');
        return result.intact;
      });
      verified = { until: now + verifiedForMs, intact };
      intact.catch(() => (verified = undefined));
    }
    return verified.intact;
  };

  return {
    handlers: {
      getHealth: () => ({ status: 'ok' as const }),

      getReadiness: async (_context, { reply }) => {
        const checked = await Promise.all(
          Object.entries(parts.readiness).map(
            async ([name, check]) => [name, (await isReady(check)) ? 'ready' : 'notReady'] as const,
          ),
        );
        const ready = checked.every(([, state]) => state === 'ready');
        if (!ready) reply.code(503);
        return { status: ready ? ('ready' as const) : ('notReady' as const), parts: Object.fromEntries(checked) };
      },

      listProblems: () => ({ problems: [...parts.problems.list()] }),

      getMetrics: async (_context, { reply }) =>
        reply.type(platform.metrics.registry.contentType).send(await platform.metrics.registry.metrics()),

      getSettings: () => ({ version: parts.version, settings: settingsInForce(platform.config) }),

      listAudit: async (_context, { query }) => {
        const [entries, intact] = await Promise.all([platform.audit.newest(query.limit), isIntact()]);
        return {
          intact,
          entries: entries.map(({ sequence, at, actor, operation, target, result, ipAddress }) => ({
            sequence,
            at: at.toISOString(),
            actor,
            operation,
            target,
            result,
            ipAddress,
          })),
        };
      },
    },
  };
}
