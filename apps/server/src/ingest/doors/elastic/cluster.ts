/** What agents ask of a cluster before they send. The version is one that they all speak to. */
const version = '8.19.0';
const name = 'sallyport';
const uuid = 'sallyport000000000000A';

export const info = {
  name,
  cluster_name: name,
  cluster_uuid: uuid,
  version: {
    number: version,
    build_flavor: 'default',
    build_type: 'docker',
    build_hash: '0'.repeat(40),
    build_date: '2025-01-01T00:00:00.000Z',
    build_snapshot: false,
    lucene_version: '9.12.0',
    minimum_wire_compatibility_version: '7.17.0',
    minimum_index_compatibility_version: '7.0.0',
  },
  tagline: 'You Know, for Search',
} as const;

export const license = {
  license: {
    status: 'active',
    uid: '00000000-0000-4000-8000-000000000000',
    type: 'basic',
    issue_date: '2025-01-01T00:00:00.000Z',
    issue_date_in_millis: 1_735_689_600_000,
    max_nodes: 1000,
    issued_to: name,
    issuer: name,
    start_date_in_millis: -1,
  },
} as const;

export const xpack = {
  license: { uid: license.license.uid, type: 'basic', mode: 'basic', status: 'active' },
  features: {
    ilm: { available: true, enabled: true },
    security: { available: true, enabled: true },
    monitoring: { available: false, enabled: false },
  },
} as const;

export const clusterHealth = {
  cluster_name: name,
  status: 'green',
  timed_out: false,
  number_of_nodes: 1,
  number_of_data_nodes: 1,
  active_primary_shards: 1,
  active_shards: 1,
  relocating_shards: 0,
  initializing_shards: 0,
  unassigned_shards: 0,
  active_shards_percent_as_number: 100,
} as const;

/** Without addresses: a client that looks for others would go round whatever stands in front of us. */
export const nodes = {
  _nodes: { total: 1, successful: 1, failed: 0 },
  cluster_name: name,
  nodes: { [uuid]: { name, version, build_flavor: 'default', roles: ['data', 'ingest', 'master'] } },
} as const;
