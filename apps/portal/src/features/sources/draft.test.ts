import { expect, it } from 'vitest';
import { draftOf, filesOf, idFor, newDraft, streamFor, type Draft } from './draft.ts';

const draft: Draft = {
  ...newDraft,
  id: 'acme-firewall',
  name: 'Acme: firewall # 1',
  vendor: 'Acme',
  product: 'Firewall',
  streams: [
    {
      name: 'Custom-AcmeText',
      format: 'lines',
      columns: [],
      lines: ['^ACME: \\d{4}-'],
      paths: [],
      begins: '^\\S',
      accept: "RawData has ': ' // not # a comment",
      prepare: 'source | extend A = 1',
      flows: [
        { table: 'Syslog', transform: 'source | project SyslogMessage = RawData' },
        { table: 'Syslog', transform: 'source | where false' },
        { table: 'Acme_CL', transform: 'source' },
      ],
    },
    {
      name: 'Custom-AcmeJson',
      format: 'columns',
      columns: [{ name: 'A', type: 'long' }],
      lines: [],
      paths: [['a', 'b.c']],
      begins: '',
      accept: 'true',
      prepare: null,
      flows: [{ table: 'Syslog', transform: 'source | where false' }],
    },
  ],
  others: { 'fixtures/a.log': 'x\n' },
  version: 3,
};

it('is the same after it was a folder', () => {
  const files = filesOf(draft);
  expect(Object.keys(files).toSorted()).toEqual([
    'acme-cl.kql',
    'fixtures/a.log',
    'prepare.kql',
    'source.yml',
    'syslog-2.kql',
    'syslog.kql',
  ]);
  expect(draftOf(files, 3)).toEqual(draft);
});

it('gets its names from vendor and product', () => {
  expect(idFor('Acme Inc.', 'Fire Wall 2')).toBe('acme-inc-fire-wall-2');
  expect(streamFor('Acme Inc.', 'Fire wall', 'lines')).toBe('Custom-AcmeIncFireWallText');
  expect(streamFor('', '', 'jsonObjects')).toBe('');
});
