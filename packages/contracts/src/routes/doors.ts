import { z } from 'zod';
import { route } from '../route.ts';

/** Doors that speak the wire of other products: paths, bodies and answers are theirs, and what is wrong is said in their words. */

/** Most of one call, packed and unpacked. Agents send up to 5 MB at a time. */
export const doorBytesMax = 8 * 2 ** 20;

const door = { permission: 'data.ingest', body: 'raw', response: 'raw', bodyLimit: doorBytesMax } as const;
const label = z.string().max(1_024).optional();

/** https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data */
const hec = { ...door, schemes: ['Splunk', 'Basic'] } as const;
const HecQuery = z.object({ channel: label });
const HecRawQuery = HecQuery.extend({ host: label, source: label, sourcetype: label, index: label, time: label });
const hecEvents = {
  ...hec,
  method: 'POST',
  query: HecQuery,
  summary: 'Splunk HTTP Event Collector: JSON objects, one after another, each with an `event`',
} as const;
const hecRaw = {
  ...hec,
  method: 'POST',
  query: HecRawQuery,
  summary: 'Splunk HTTP Event Collector: lines of text',
} as const;
const hecHealth = {
  method: 'GET',
  permission: 'public',
  schemes: ['Splunk', 'Basic'],
  response: 'raw',
  summary: 'Splunk HTTP Event Collector: does it take events now?',
} as const;

export const splunkRoutes = {
  sendSplunkEvents: route({ ...hecEvents, path: '/services/collector' }),
  sendSplunkEventsByName: route({ ...hecEvents, path: '/services/collector/event' }),
  sendSplunkEventsByVersion: route({ ...hecEvents, path: '/services/collector/event/1.0' }),
  sendSplunkLines: route({ ...hecRaw, path: '/services/collector/raw' }),
  sendSplunkLinesByVersion: route({ ...hecRaw, path: '/services/collector/raw/1.0' }),
  askSplunkAcks: route({
    ...hec,
    method: 'POST',
    path: '/services/collector/ack',
    query: HecQuery,
    summary: 'Splunk HTTP Event Collector: which calls are durable?',
  }),
  getSplunkHealth: route({ ...hecHealth, path: '/services/collector/health' }),
  getSplunkHealthByVersion: route({ ...hecHealth, path: '/services/collector/health/1.0' }),
} as const;
export type HecRawQuery = z.infer<typeof HecRawQuery>;
