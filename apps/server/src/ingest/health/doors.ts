/** The doors that ship, as people know them. */
export const doorNames = {
  host: 'This machine',
  'logs-ingestion': 'Logs Ingestion API',
  'splunk-hec': 'Splunk HTTP Event Collector',
  elasticsearch: 'Elasticsearch',
  'otlp-http': 'OpenTelemetry over HTTP',
  'otlp-grpc': 'OpenTelemetry over gRPC',
  'data-collector': 'HTTP Data Collector API',
  webhook: 'Webhooks',
  'syslog-udp': 'Syslog over UDP',
  'syslog-tcp': 'Syslog over TCP',
  'syslog-tls': 'Syslog over TLS',
  upload: 'Files in the portal',
} as const;
export type DoorId = keyof typeof doorNames;

const isDoorId = (door: string): door is DoorId => Object.hasOwn(doorNames, door);

/** What fetches logs counts as doors too, by its kind. */
export const connectorPrefix = 'connector-';

/** The name of a door. */
export const doorName = (door: string): string => {
  if (isDoorId(door)) return doorNames[door];
  return door.startsWith(connectorPrefix) ? `Connectors: ${door.slice(connectorPrefix.length)}` : door;
};
