import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile } from '@sallyport/kql';
import { loadFunctions } from '@sallyport/lake';
import { startTestLake, type TestLake } from '@sallyport/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSources, shippedSources } from '../../sources/load.ts';
import { Viewer } from '../view.ts';
import { routeSources, type RouteOptions } from './index.ts';
import { sourcesFor } from './sources-for.ts';
import { routeTable } from './table.ts';

let folder: string;
let lake: TestLake;
let options: RouteOptions;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-route-'));
  lake = await startTestLake();
  const [{ sources }, functions] = [await loadSources(shippedSources), await loadFunctions()];
  options = { lake: lake.lake, compile, functions, sources, now: new Date('2026-02-01T00:00:00Z') };
});
afterAll(async () => {
  await lake.stop();
  await rm(folder, { recursive: true, force: true });
});

const sshd = 'Jan  5 10:00:00 web1 sshd[77]: Invalid user anna from 203.0.113.5 port 4022';
const sshdAgain = 'Jan  5 10:00:09 web1 sshd[78]: Invalid user bob from 203.0.113.6 port 4022';

async function crowdsecCase(
  name: string,
  type: string,
  lines: readonly string[],
  assertions: readonly string[],
  parser = 'sshd-logs',
) {
  const path = join(folder, 'hub', name);
  await mkdir(path, { recursive: true });
  await writeFile(
    join(path, 'config.yaml'),
    `parsers:\n- crowdsecurity/syslog-logs\n- ./parsers/s01-parse/crowdsecurity/${parser}.yaml\nlog_file: x.log\nlog_type: ${type}\n`,
  );
  await writeFile(join(path, 'x.log'), `${lines.join('\n')}\n`);
  await writeFile(join(path, 'parser.assert'), assertions.join('\n'));
}

describe('where recognition takes lines of other products’ tests', () => {
  it('compares CrowdSec’s cases, with user, address and program of the rows', { timeout: 60_000 }, async () => {
    const said = (stage: string, node: string, index: number, fields: Readonly<Record<string, string>>) =>
      [
        `results["${stage}"]["crowdsecurity/${node}"][${index}].Success == true`,
        ...Object.entries(fields).map(
          ([key, value]) =>
            `results["${stage}"]["crowdsecurity/${node}"][${index}].Evt.Parsed["${key}"] == ${JSON.stringify(value)}`,
        ),
      ] as const;
    await crowdsecCase(
      'ssh',
      'syslog',
      [sshd, sshdAgain],
      [
        ...said('s00-raw', 'syslog-logs', 0, {
          program: 'sshd',
          message: 'Invalid user anna from 203.0.113.5 port 4022',
        }),
        ...said('s01-parse', 'sshd-logs', 0, {
          user: 'anna',
          source_ip: '203.0.113.5',
          message: 'Invalid user anna from 203.0.113.5 port 4022',
        }),
        ...said('s01-parse', 'sshd-logs', 1, {
          user: 'somebody else',
          source_ip: '203.0.113.6',
          message: 'Invalid user bob from 203.0.113.6 port 4022',
        }),
      ],
    );
    await crowdsecCase('strange', 'no-such-label', ['some words of no program'], [], 'no-such-parser');
    await crowdsecCase('wrong', 'teleport', [sshd], []);
    const report = await routeSources(join(folder, 'hub'), options);
    expect(report.problems).toEqual([]);
    expect(report).toMatchObject({
      cases: 3,
      routed: { of: 4, right: 3 },
      files: { of: 3, right: 2 },
      user: { of: 2, right: 1 },
      address: { of: 2, right: 2 },
      program: { of: 1, right: 1 },
    });
    expect(report.faults.map(({ case: name, what, expected, ours }) => [name, what, expected, ours])).toEqual([
      ['wrong', 'route', 'teleport sshd-logs → selfhosted-applications', 'linux-syslog'],
      ['wrong', 'file', 'selfhosted-applications', 'linux-syslog'],
      ['ssh', 'user', 'somebody else', 'bob'],
    ]);
  });

  it('compares Wazuh’s lines, and takes a head that only the door gave for none', async () => {
    const path = join(folder, 'lines.jsonl');
    const lines = [
      { file: 'sshd.ini', decoder: 'sshd', log: sshd },
      { file: 'x.ini', decoder: 'authelia', log: 'Invalid user anna from 203.0.113.5' },
      { file: 'test.ini', decoder: 'test_of_nothing', log: 'Invalid user anna' },
    ];
    await writeFile(path, lines.map((line) => JSON.stringify(line)).join('\n'));
    const report = await routeSources(path, options);
    expect(report).toMatchObject({
      routed: { of: 3, right: 2 },
      own: { of: 1, right: 0 },
      generic: { of: 2, right: 2 },
      user: { of: 0, right: 0 },
    });
    await writeFile(path, '{"file":1}\n');
    await expect(routeSources(path, options)).rejects.toThrow(/line 1/);
  });

  it('sees the rows of a source that prepares them', async () => {
    const postfix = options.sources.find(({ id }) => id === 'postfix')?.streams[0];
    if (postfix === undefined) throw new Error('no Postfix');
    const text = 'Jan  5 10:00:11 mx1 postfix/smtpd[9]: connect from unknown[203.0.113.7]';
    const { view, problems } = await new Viewer({ ...options, functions: [] }).view(postfix, [{ text, file: 'x' }]);
    expect(problems).toEqual([]);
    expect(view.get(0)?.[0]?.cells).toMatchObject({ DvcHostname: 'mx1', ActingAppName: 'postfix/smtpd' });
  });

  it('names no source that there is not', () => {
    const known = new Set(options.sources.map((s) => s.id));
    // At least one of those that may take a format ships.
    const missing = Object.entries(routeTable).filter(([, ids]) => !ids.some((id) => known.has(id)));
    expect(missing.map(([format, ids]) => `${format}: ${ids.join(' ')}`)).toEqual([]);
    expect(sourcesFor(['constructor'], [...known])).toBeUndefined();
    expect(sourcesFor(['zeek-conn'], [...known])).toEqual(['zeek']);
  });
});
