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

/** https://www.elastic.co/docs/api/doc/elasticsearch */
const elastic = { permission: 'data.ingest', response: 'raw', schemes: ['ApiKey', 'Basic'] } as const;
const elasticBody = { ...elastic, body: 'raw', bodyLimit: doorBytesMax } as const;
const IndexParams = z.object({ index: z.string().min(1).max(255) });
const NameParams = z.object({ name: z.string().min(1).max(255) });
const bulk = 'Elasticsearch: documents in bulk, `index` and `create`, each answered for itself';
const known = 'Elasticsearch: what agents ask or say before they send';

/** Beneath a path of their own, since `/` is the portal: agents have a setting for it (`path`, or the address’s own path). */
export const elasticRoutes = {
  getElasticInfo: route({ ...elastic, method: 'GET', path: '/elastic', summary: known }),
  getElasticRoot: route({ ...elastic, method: 'GET', path: '/elastic/', summary: known }),
  getElasticLicense: route({ ...elastic, method: 'GET', path: '/elastic/_license', summary: known }),
  getElasticXpack: route({ ...elastic, method: 'GET', path: '/elastic/_xpack', summary: known }),
  getElasticHealth: route({ ...elastic, method: 'GET', path: '/elastic/_cluster/health', summary: known }),
  getElasticNodes: route({ ...elastic, method: 'GET', path: '/elastic/_nodes', summary: known }),
  getElasticNodesHttp: route({ ...elastic, method: 'GET', path: '/elastic/_nodes/http', summary: known }),
  getElasticIlm: route({
    ...elastic,
    method: 'GET',
    path: '/elastic/_ilm/policy/:name',
    params: NameParams,
    summary: known,
  }),
  putElasticIlm: route({ ...elasticBody, method: 'PUT', path: '/elastic/_ilm/policy/:name', summary: known }),
  getElasticIndexTemplate: route({
    ...elastic,
    method: 'GET',
    path: '/elastic/_index_template/:name',
    params: NameParams,
    summary: known,
  }),
  putElasticIndexTemplate: route({
    ...elasticBody,
    method: 'PUT',
    path: '/elastic/_index_template/:name',
    summary: known,
  }),
  getElasticComponentTemplate: route({
    ...elastic,
    method: 'GET',
    path: '/elastic/_component_template/:name',
    params: NameParams,
    summary: known,
  }),
  putElasticComponentTemplate: route({
    ...elasticBody,
    method: 'PUT',
    path: '/elastic/_component_template/:name',
    summary: known,
  }),
  getElasticTemplate: route({
    ...elastic,
    method: 'GET',
    path: '/elastic/_template/:name',
    params: NameParams,
    summary: known,
  }),
  putElasticTemplate: route({ ...elasticBody, method: 'PUT', path: '/elastic/_template/:name', summary: known }),
  getElasticDataStream: route({
    ...elastic,
    method: 'GET',
    path: '/elastic/_data_stream/:name',
    params: NameParams,
    summary: known,
  }),
  putElasticDataStream: route({ ...elasticBody, method: 'PUT', path: '/elastic/_data_stream/:name', summary: known }),
  getElasticPipeline: route({
    ...elastic,
    method: 'GET',
    path: '/elastic/_ingest/pipeline/:name',
    params: NameParams,
    summary: known,
  }),
  putElasticPipeline: route({ ...elasticBody, method: 'PUT', path: '/elastic/_ingest/pipeline/:name', summary: known }),
  getElasticIndex: route({ ...elastic, method: 'GET', path: '/elastic/:index', params: IndexParams, summary: known }),
  putElasticIndex: route({ ...elasticBody, method: 'PUT', path: '/elastic/:index', summary: known }),
  sendElasticBulk: route({ ...elasticBody, method: 'POST', path: '/elastic/_bulk', summary: bulk }),
  putElasticBulk: route({ ...elasticBody, method: 'PUT', path: '/elastic/_bulk', summary: bulk }),
  sendElasticIndexBulk: route({
    ...elasticBody,
    method: 'POST',
    path: '/elastic/:index/_bulk',
    params: IndexParams,
    summary: bulk,
  }),
  sendElasticDocument: route({
    ...elasticBody,
    method: 'POST',
    path: '/elastic/:index/_doc',
    params: IndexParams,
    summary: 'Elasticsearch: one document',
  }),
} as const;

/** https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export const otlpRoutes = {
  sendOtlpLogs: route({
    ...door,
    method: 'POST',
    path: '/v1/logs',
    summary: 'OpenTelemetry: logs, as Protocol Buffers or JSON',
  }),
} as const;

/** https://learn.microsoft.com/rest/api/loganalytics/create-request */
export const dataCollectorRoutes = {
  sendDataCollectorLogs: route({
    ...door,
    method: 'POST',
    path: '/api/logs',
    schemes: ['SharedKey'],
    query: z.object({ 'api-version': z.string().max(32).optional() }),
    // 30 MB is the limit of Azure's.
    bodyLimit: 30 * 1024 * 1024,
    summary: 'Azure Monitor HTTP Data Collector API: JSON into a custom table, whose columns are made as they come',
  }),
} as const;

/** https://docs.github.com/webhooks */
export const webhookRoutes = {
  sendWebhook: route({
    ...door,
    method: 'POST',
    path: '/webhooks/:name',
    schemes: ['Signature'],
    params: z.object({ name: z.string().min(1).max(64) }),
    query: z.object({ stream: z.string().max(128).optional() }),
    // As GitHub's.
    bodyLimit: 25 * 1024 * 1024,
    summary: 'Webhook, its body signed (X-Hub-Signature-256) with the shared key of the API token of that name',
  }),
} as const;
