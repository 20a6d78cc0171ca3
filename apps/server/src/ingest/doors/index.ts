import type { elasticRoutes, otlpRoutes, RouteTable, splunkRoutes } from '@sallyport/contracts';
import type { Handlers } from '../../platform/http/handlers.ts';
import type { ErrorFace } from '../../platform/http/server.ts';
import type { Platform } from '../../platform/types.ts';
import type { IngestCore } from '../core.ts';
import { elasticFace, elasticHandlers } from './elastic/index.ts';
import { otlpFace, otlpHandlers } from './otlp/index.ts';
import { hecFace, splunkHandlers } from './splunk/index.ts';

/** Routes in the wire of another product, and how it says errors. */
export interface HttpDoor<T extends RouteTable> {
  readonly handlers: Handlers<T>;
  readonly error: ErrorFace;
}

export interface HttpDoors {
  readonly splunk: HttpDoor<typeof splunkRoutes>;
  readonly elastic: HttpDoor<typeof elasticRoutes>;
  readonly otlp: HttpDoor<typeof otlpRoutes>;
}

export function createHttpDoors({ clock }: Platform, core: () => IngestCore): HttpDoors {
  return {
    splunk: { handlers: splunkHandlers(core, () => clock.now()), error: hecFace },
    elastic: { handlers: elasticHandlers(core), error: elasticFace },
    otlp: { handlers: otlpHandlers(core), error: otlpFace },
  };
}
