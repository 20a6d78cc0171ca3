import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { appendPatiently, jsonLines, type HostPart, type HostServices } from './types.ts';
import { tailPart } from './tail.ts';

const lookMs = 5 * 60_000;
/** Most bytes of a package list; Debian's with 5,000 packages is 8 MB. */
const listBytesMax = 64 * 1024 * 1024;
/** Packages in one batch of rows. */
const batchRows = 1_000;

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly publisher: string;
  readonly description: string;
}

/** Packages that are installed, by `name:architecture`. */
export type PackageList = ReadonlyMap<string, InstalledPackage>;

/** Reads `/var/lib/dpkg/status` (deb822). https://www.debian.org/doc/debian-policy/ch-controlfields.html */
export function parseDpkgStatus(text: string): PackageList {
  const packages = new Map<string, InstalledPackage>();
  for (const paragraph of text.split(/\n{2,}/)) {
    const field = (name: string): string => new RegExp(`^${name}:[ \\t]*(.*)$`, 'm').exec(paragraph)?.[1]?.trim() ?? '';
    if (!/^Status:.*\sinstalled$/m.test(paragraph)) continue;
    const one = {
      name: field('Package'),
      version: field('Version'),
      architecture: field('Architecture'),
      publisher: field('Maintainer'),
      description: field('Description'),
    };
    if (one.name !== '') packages.set(`${one.name}:${one.architecture}`, one);
  }
  return packages;
}

const rpmFormat = '%{NAME}\\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{VENDOR}\\t%{SUMMARY}\\n';

/** Reads what `rpm -qa` prints in our format. */
export function parseRpmList(text: string): PackageList {
  const packages = new Map<string, InstalledPackage>();
  for (const line of text.split('\n')) {
    const [name = '', version = '', architecture = '', publisher = '', description = ''] = line.split('\t');
    if (name === '' || version === '') continue;
    // Several versions of one package stand side by side (kernels).
    const one = { name, version: version.replace(/^0:/, ''), architecture, publisher, description };
    packages.set(
      packages.has(`${name}:${architecture}`) ? `${name}:${architecture}:${version}` : `${name}:${architecture}`,
      one,
    );
  }
  return packages;
}

const Remembered = z.record(z.string(), z.string());

export interface PackageChange {
  readonly change: 'Added' | 'Removed' | 'Modified';
  readonly key: string;
  readonly previous: string;
  readonly current: string;
}

/** What differs between versions by key then and now. */
export function packageChanges(before: Readonly<Record<string, string>>, now: PackageList): PackageChange[] {
  const changes: PackageChange[] = [];
  for (const [key, { version }] of now) {
    const previous = Object.hasOwn(before, key) ? before[key] : undefined;
    if (previous === undefined) changes.push({ change: 'Added', key, previous: '', current: version });
    else if (previous !== version) changes.push({ change: 'Modified', key, previous, current: version });
  }
  for (const [key, previous] of Object.entries(before))
    if (!now.has(key)) changes.push({ change: 'Removed', key, previous, current: '' });
  return changes;
}

interface Manager {
  readonly name: string;
  /** Changes when something was installed or removed. */
  readonly stamp: (root: string) => Promise<number | undefined>;
  readonly list: (root: string) => Promise<PackageList>;
}

const modified = (path: string) => async (root: string) =>
  (await stat(join(root, path)).catch(() => undefined))?.mtimeMs;

const run = promisify(execFile);

const managers: readonly Manager[] = [
  {
    name: 'dpkg',
    stamp: modified('/var/lib/dpkg/status'),
    list: async (root) => parseDpkgStatus(await readFile(join(root, '/var/lib/dpkg/status'), 'utf8')),
  },
  {
    name: 'rpm',
    stamp: async (root) =>
      (await modified('/var/lib/rpm/rpmdb.sqlite')(root)) ?? modified('/usr/lib/sysimage/rpm/rpmdb.sqlite')(root),
    list: async (root) => {
      const options = { maxBuffer: listBytesMax, timeout: 60_000 };
      return parseRpmList((await run('rpm', ['--root', root, '-qa', '--queryformat', rpmFormat], options)).stdout);
    },
  },
];

const dpkgLog = '/var/log/dpkg.log';

async function sendRows(services: HostServices, stream: string, rows: readonly object[], signal: AbortSignal) {
  for (let at = 0; at < rows.length; at += batchRows)
    await appendPatiently(services, stream, jsonLines(rows.slice(at, at + batchRows)), signal);
}

async function look(services: HostServices, manager: Manager, signal: AbortSignal): Promise<number> {
  const { clock, computer, root } = services;
  const memory = services.memory(`packages ${manager.name}`);
  const before = Remembered.optional()
    .catch(undefined)
    .parse(await memory.read());
  const now = await manager.list(root);
  const Time = clock.now().toISOString();
  if (before === undefined)
    await sendRows(
      services,
      'Custom-HostPackage',
      [...now.values()].map((p) => ({
        Time,
        Computer: computer,
        Name: p.name,
        Version: p.version,
        Architecture: p.architecture,
        Publisher: p.publisher,
        Description: p.description,
      })),
      signal,
    );
  else if (!(await logTells(manager, root))) {
    const rows = packageChanges(before, now).map(({ change, key, previous, current }) => {
      const { name, publisher, description } = now.get(key) ?? {
        name: key.split(':')[0],
        publisher: '',
        description: '',
      };
      return {
        Time,
        Computer: computer,
        Change: change,
        Name: name,
        Previous: previous,
        Current: current,
        Publisher: publisher,
        Description: description,
      };
    });
    await sendRows(services, 'Custom-HostPackageChange', rows, signal);
  }
  await memory.write(Object.fromEntries([...now].map(([key, { version }]) => [key, version])));
  return now.size;
}

/** dpkg's own log has each change with its time; the comparison is for machines without. */
const logTells = async (manager: Manager, root: string): Promise<boolean> =>
  manager.name === 'dpkg' && (await stat(join(root, dpkgLog)).catch(() => undefined)) !== undefined;

/** Every package once, and what changes from then on. */
export const packageInventory: HostPart = {
  name: 'packages',
  run: async (services, signal, report) => {
    const stamps = new Map<string, number>();
    while (!signal.aborted) {
      const found: string[] = [];
      for (const manager of managers) {
        const stamp = await manager.stamp(services.root);
        if (stamp === undefined) continue;
        if (stamps.get(manager.name) !== stamp)
          found.push(`${await look(services, manager, signal)} ${manager.name} packages`);
        stamps.set(manager.name, stamp);
      }
      if (found.length > 0) report('running', `knows ${found.join(', ')}`);
      else if (stamps.size === 0) report('unavailable', 'no dpkg or rpm database');
      await services.clock.sleep(lookMs, signal);
    }
  },
};

export const packageLog: HostPart = tailPart('package log', 'Custom-DpkgText', [dpkgLog]);
