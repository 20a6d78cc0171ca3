import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRules } from './index.ts';

const mimikatz = `title: Mimikatz
id: 0A1B2C3D-0000-4000-8000-000000000001
description: Finds it.
references: [https://example.org/mimikatz]
author: Anna
date: 2026-01-02
tags: [attack.credential-access, attack.t1003.001, attack.stealth, car.2013-05-004]
logsource: { product: windows, category: process_creation }
detection:
  selection: { Image|endswith: '\\mimikatz.exe', User|expand: '%admins%' }
  condition: selection
fields: [CommandLine, Hashes]
falsepositives: [Tests]
level: critical
`;
const burst = `title: Many
correlation:
  type: event_count
  rules: [0a1b2c3d-0000-4000-8000-000000000001]
  group-by: [Computer]
  timespan: 1h
  condition: { gte: 5 }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-sigma-'));
  await mkdir(join(folder, 'windows'));
  await writeFile(join(folder, 'windows/mimikatz.yml'), mimikatz);
  await writeFile(join(folder, 'placeholders.yml'), 'admins: [anna, "bob*"]\n');
  await writeFile(join(folder, 'bad.yml'), mimikatz.replace('condition: selection', 'condition: other'));
  await writeFile(
    join(folder, 'sentinel.yaml'),
    'id: s1\nname: Sentinel\nkind: NRT\nseverity: Low\nquery: SecurityEvent\n',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a folder of Sigma', () => {
  it('stands beside rules of Sentinel, and one bad rule stops none', async () => {
    const { rules, problems } = await loadRules([folder]);
    expect(rules.map(({ name }) => name)).toEqual(['Sentinel', 'Mimikatz']);
    expect(problems).toEqual([
      {
        path: join(folder, 'bad.yml'),
        line: 11,
        level: 'error',
        code: 'InvalidRule',
        message: 'condition: there is no detection `other`',
      },
    ]);
    expect(rules[1]).toMatchObject({
      id: '0a1b2c3d-0000-4000-8000-000000000001',
      kind: 'NRT',
      severity: 'High',
      version: '2026-01-02',
      query: String.raw`_Sigma_windows_process_creation
| where Image endswith @'\mimikatz.exe' and (User =~ 'anna' or User startswith 'bob')`,
      tactics: ['CredentialAccess', 'DefenseEvasion'],
      techniques: ['T1003.001'],
      description: `Finds it.

False positives:
- Tests

References:
- https://example.org/mimikatz

Author: Anna`,
      customDetails: { CommandLine: 'CommandLine', Hashes: 'Hashes', Image: 'Image' },
    });
    expect(rules[1]?.entityMappings.map(({ kind }) => kind)).toEqual(['Host', 'Account', 'Process']);
  });

  it('a correlation is a scheduled rule, and its rules are part of it alone', async () => {
    await writeFile(join(folder, 'windows/burst.yml'), burst);
    const { rules } = await loadRules([join(folder, 'windows'), join(folder, 'placeholders.yml')]);
    expect(rules).toHaveLength(1);
    expect(rules[0]).toMatchObject({
      name: 'Many',
      kind: 'Scheduled',
      queryPeriod: 3_600,
      queryFrequency: 360,
      entityMappings: [{ kind: 'Host', columns: [{ identifier: 'FullName', column: 'Computer' }] }],
    });
    expect(rules[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
  });
});
