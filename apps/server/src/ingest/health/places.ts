import type { Config } from '../../platform/config/index.ts';
import type { OtlpGrpc } from '../doors/otlp/grpc.ts';
import type { SyslogDoors } from '../doors/syslog/index.ts';
import type { HostCollector } from '../host/collector.ts';
import { connectorPrefix } from './doors.ts';
import type { ViewServices } from './view.ts';

export interface OpenDoors {
  readonly config: Config;
  readonly syslog: SyslogDoors | undefined;
  readonly otlpGrpc: OtlpGrpc | undefined;
  readonly host: HostCollector | undefined;
}

const paths: Readonly<Record<string, string>> = {
  'logs-ingestion': '/dataCollectionRules/dcr-default/streams/…',
  'splunk-hec': '/services/collector',
  elasticsearch: '/elastic/_bulk',
  'otlp-http': '/v1/logs',
  'data-collector': '/api/logs',
  webhook: '/webhooks/…',
  upload: 'Data, Upload',
};

/** Where the doors of this server are, and what they wait for. */
export const placeOf =
  (open: () => OpenDoors): ViewServices['placeOf'] =>
  (door) => {
    const { syslog, otlpGrpc, host } = open();
    const path = paths[door];
    if (path !== undefined) return { place: path };
    if (door.startsWith(connectorPrefix)) return { place: 'Data, Connectors' };
    if (door === 'otlp-grpc') return otlpGrpc === undefined ? undefined : { place: `port ${otlpGrpc.port}` };
    if (door === 'host') return host === undefined ? undefined : hostPlace(host);
    const port = syslog?.ports[door.replace('syslog-', '') as 'udp' | 'tcp' | 'tls'];
    if (syslog === undefined || port === undefined) return undefined;
    const { blocked } = syslog.health();
    return { place: `port ${port}`, ...(blocked === undefined ? {} : { message: `lines wait: ${blocked}` }) };
  };

function hostPlace(host: HostCollector): { place: string; message?: string } {
  const parts = host.health();
  const failed = parts.filter(({ state }) => state === 'unavailable').map(({ part, message }) => `${part}: ${message}`);
  const place = parts.map(({ part }) => part).join(', ');
  return { place, ...(failed.length === 0 ? {} : { message: failed.join('; ') }) };
}
