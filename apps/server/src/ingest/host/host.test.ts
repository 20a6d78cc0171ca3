import { createServer } from 'node:net';
import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { silentLog } from '../../platform/log.ts';
import { startTestIngest, type TestIngest } from '../testing/core.ts';
import { createHostCollector } from './collector.ts';
import { addressOf, listeners, parseProcNet } from './listeners.ts';
import { packageChanges, packageInventory, parseDpkgStatus, parseRpmList } from './packages.ts';
import { nextLines, tailPart } from './tail.ts';
import type { HostPart, HostServices } from './types.ts';

const dpkgStatus = `Package: openssl
Status: install ok installed
Architecture: amd64
Maintainer: Debian OpenSSL Team <pkg@debian.org>
Version: 3.0.15-1
Description: Secure Sockets Layer toolkit
 More text.

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0

Package: curl
Status: install ok installed
Architecture: amd64
Version: 8.5.0
`;

describe('package lists', () => {
  it('reads what dpkg has installed', () => {
    const list = parseDpkgStatus(dpkgStatus);
    expect([...list.keys()]).toEqual(['openssl:amd64', 'curl:amd64']);
    expect(list.get('openssl:amd64')).toEqual({
      name: 'openssl',
      version: '3.0.15-1',
      architecture: 'amd64',
      publisher: 'Debian OpenSSL Team <pkg@debian.org>',
      description: 'Secure Sockets Layer toolkit',
    });
  });

  it('reads what rpm prints', () => {
    const list = parseRpmList(
      'bash\t0:5.2-1\tx86_64\tFedora\tThe shell\nkernel\t0:6.1\tx86_64\t\t\nkernel\t0:6.2\tx86_64\t\t\n',
    );
    expect([...list.values()].map((p) => [p.name, p.version])).toEqual([
      ['bash', '5.2-1'],
      ['kernel', '6.1'],
      ['kernel', '6.2'],
    ]);
  });

  it('tells what changed', () => {
    const now = parseDpkgStatus(dpkgStatus);
    expect(packageChanges({ 'openssl:amd64': '3.0.14', 'vim:amd64': '9' }, now)).toEqual([
      { change: 'Modified', key: 'openssl:amd64', previous: '3.0.14', current: '3.0.15-1' },
      { change: 'Added', key: 'curl:amd64', previous: '', current: '8.5.0' },
      { change: 'Removed', key: 'vim:amd64', previous: '9', current: '' },
    ]);
  });
});

describe('listening sockets', () => {
  it('reads addresses as the kernel writes them', () => {
    expect(addressOf('0100007F')).toBe('127.0.0.1');
    expect(addressOf('00000000000000000000000001000000')).toBe('::1');
    expect(addressOf('0000000000000000FFFF00000100007F')).toBe('127.0.0.1');
    expect(addressOf('B80D01200000000067452301EFCDAB89')).toBe('2001:db8::123:4567:89ab:cdef');
  });

  it('takes those that listen', () => {
    const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:9E17 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65534        0 172472 1 0000 100 0 0 10 0
   1: 0100007F:9E18 0100007F:1F90 01 00000000:00000000 00:00000000 00000000 65534        0 172473 1 0000 100 0 0 10 0
`;
    expect(parseProcNet(text, 'Tcp')).toEqual([
      { protocol: 'Tcp', address: '127.0.0.1', port: 40_471, inode: '172472' },
    ]);
  });
});

describe('the collector', () => {
  let test: TestIngest;
  let root: string;
  const values = new Map<string, unknown>();
  beforeAll(async () => {
    test = await startTestIngest();
    root = await mkdtemp(join(tmpdir(), 'sallyport-host-'));
    await mkdir(join(root, 'var/log'), { recursive: true });
    await mkdir(join(root, 'var/lib/dpkg'), { recursive: true });
  });
  afterAll(async () => {
    await test[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  const services = (at: string): HostServices => ({
    append: (stream, records) => test.core.append(stream, records),
    memory: (name) => ({
      read: () => Promise.resolve(values.get(name)),
      write: (value) => Promise.resolve(void values.set(name, value)),
    }),
    clock: systemClock,
    log: silentLog,
    computer: 'here',
    root: at,
  });

  /** Runs a part until `done` says so. */
  async function runUntil(part: HostPart, at: string, done: () => Promise<boolean>): Promise<string[]> {
    const collector = createHostCollector(services(at), [part]);
    collector.start();
    try {
      for (let turn = 0; turn < 200; turn++) {
        await systemClock.sleep(50);
        await test.core.flush();
        if (await done()) break;
      }
    } finally {
      await collector.stop();
    }
    return collector.health().map((h) => h.state);
  }

  const count = async (sql: string): Promise<number> => Number((await test.rows(sql).catch(() => [[0]]))[0]?.[0]);

  it('lists packages once, and then what changes', async () => {
    const status = join(root, 'var/lib/dpkg/status');
    await writeFile(status, dpkgStatus);
    await runUntil(packageInventory, root, async () => (await count('SELECT count() FROM ConfigurationData')) === 2);
    await writeFile(status, dpkgStatus.replace('8.5.0', '8.5.1'));
    await runUntil(packageInventory, root, async () => (await count('SELECT count() FROM ConfigurationChange')) === 1);
    expect(await test.rows('SELECT SoftwareName, CurrentVersion, Computer FROM ConfigurationData ORDER BY 1')).toEqual([
      ['curl', '8.5.0', 'here'],
      ['openssl', '3.0.15-1', 'here'],
    ]);
    const changes = 'SELECT ConfigChangeType, ChangeCategory, SoftwareName, Previous, Current FROM ConfigurationChange';
    expect(await test.rows(changes)).toEqual([['Software', 'Modified', 'curl', '8.5.0', '8.5.1']]);
  });

  it('follows a log through rotation and restarts, each line once', async () => {
    const path = join(root, 'var/log/auth.log');
    const line = (n: number) => `2026-01-02T03:04:0${n}Z here sshd[${n}]: Accepted password for anna\n`;
    const part = tailPart('auth', 'Custom-SyslogText', ['/var/log/auth.log']);
    const pids = async () =>
      (await test.rows('SELECT groupArray(ProcessID) FROM (SELECT ProcessID FROM Syslog ORDER BY ProcessID)'))[0]?.[0];
    const seen = (n: number) => async () => (await count('SELECT count() FROM Syslog')) >= n;
    await writeFile(path, line(1));
    await runUntil(part, root, seen(1));
    await appendFile(path, line(2));
    await rename(path, `${path}.1`);
    await writeFile(path, line(3));
    await runUntil(part, root, seen(3));
    await appendFile(path, line(4).slice(0, 20));
    expect(await nextLines(path, undefined)).toMatchObject({ next: { offset: line(3).length } });
    await appendFile(path, line(4).slice(20));
    await runUntil(part, root, seen(4));
    expect(await pids()).toEqual([1, 2, 3, 4]);
  });

  it.runIf(process.platform === 'linux')('sees a service that listens, and who it is, once', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const own = `FROM DeviceNetworkEvents WHERE LocalPort = ${port}`;
    for (let look = 0; look < 2; look++)
      await runUntil(listeners, '/', async () => (await count(`SELECT count() ${own}`)) === 1);
    server.close();
    expect(
      await test.rows(`SELECT ActionType, LocalIP, LocalIPType, Protocol, DeviceName, InitiatingProcessId ${own}`),
    ).toEqual([['ListeningConnectionCreated', '127.0.0.1', 'Loopback', 'Tcp', 'here', process.pid]]);
  });
});
