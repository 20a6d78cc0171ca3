import type {
  dataCollectorRoutes,
  elasticRoutes,
  otlpRoutes,
  RouteTable,
  splunkRoutes,
  webhookRoutes,
} from '@sallyport/contracts';
import type { Handlers } from '../../platform/http/handlers.ts';
import type { ErrorFace } from '../../platform/http/server.ts';
import type { Platform } from '../../platform/types.ts';
import type { IngestCore } from '../core.ts';
import type { DoorMetrics } from '../metrics.ts';
import { dataCollectorFace, dataCollectorHandlers } from './data-collector/index.ts';
import { countingFace } from './door.ts';
import { elasticFace, elasticHandlers } from './elastic/index.ts';
import { otlpFace, otlpHandlers } from './otlp/index.ts';
import { hecFace, splunkHandlers } from './splunk/index.ts';
import { webhookHandlers } from './webhook.ts';

/** Routes in the wire of another product, and how it says errors. */
export interface HttpDoor<T extends RouteTable> {
  readonly handlers: Handlers<T>;
  /** Default: our own. */
  readonly error?: ErrorFace;
}

export interface HttpDoors {
  readonly splunk: HttpDoor<typeof splunkRoutes>;
  readonly elastic: HttpDoor<typeof elasticRoutes>;
  readonly otlp: HttpDoor<typeof otlpRoutes>;
  readonly dataCollector: HttpDoor<typeof dataCollectorRoutes>;
  readonly webhook: HttpDoor<typeof webhookRoutes>;
}

export function createHttpDoors({ clock }: Platform, core: () => IngestCore, metrics: DoorMetrics): HttpDoors {
  return {
    splunk: { handlers: splunkHandlers(core, () => clock.now()), error: countingFace(metrics, 'splunk-hec', hecFace) },
    elastic: { handlers: elasticHandlers(core), error: countingFace(metrics, 'elasticsearch', elasticFace) },
    otlp: { handlers: otlpHandlers(core), error: countingFace(metrics, 'otlp-http', otlpFace) },
    dataCollector: {
      handlers: dataCollectorHandlers(core),
      error: countingFace(metrics, 'data-collector', dataCollectorFace),
    },
    webhook: { handlers: webhookHandlers(core), error: countingFace(metrics, 'webhook') },
  };
}
