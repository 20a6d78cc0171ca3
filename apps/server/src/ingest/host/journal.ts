import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { collectChild } from './child.ts';
import { tailPart } from './tail.ts';
import type { HostPart } from './types.ts';

/** Entries read back when the journal is seen for the first time. */
const firstEntries = 10_000;

const logFiles = ['/var/log/auth.log', '/var/log/secure', '/var/log/syslog', '/var/log/messages'];

/** Whether systemd keeps a journal here: machine folders with files in them. */
async function hasJournal(root: string): Promise<boolean> {
  for (const folder of ['/var/log/journal', '/run/log/journal']) {
    const names = await readdir(join(root, folder), { recursive: true }).catch(() => []);
    if (names.some((name) => name.endsWith('.journal'))) return true;
  }
  return false;
}

const cursorOf = (line: Buffer): string | undefined => /"__CURSOR"\s*:\s*"([^"\\]{1,500})"/.exec(line.toString())?.[1];

const journal: HostPart = {
  name: 'journal',
  run: async (services, signal, report) => {
    const memory = services.memory('journal cursor');
    const cursor = z
      .string()
      .optional()
      .catch(undefined)
      .parse(await memory.read());
    report(
      'running',
      cursor === undefined
        ? `reads the journal from its newest ${firstEntries} entries`
        : 'reads the journal from where it was',
    );
    const from = cursor === undefined ? [`--lines=${firstEntries}`] : [`--after-cursor=${cursor}`, '--lines=all'];
    await collectChild(
      services,
      {
        command: 'journalctl',
        arguments: ['--output=json', '--follow', '--no-pager', '--quiet', '--all', ...from],
        stream: 'Custom-JournaldJson',
        onDurable: async (last) => {
          const next = cursorOf(last);
          if (next !== undefined) await memory.write(next);
        },
      },
      signal,
    );
  },
};

const macLog: HostPart = {
  name: 'unified log',
  run: (services, signal, report) => {
    report('running', 'follows `log stream`; what happened while Sallyport was stopped is not read');
    const options = { command: '/usr/bin/log', arguments: ['stream', '--style', 'ndjson', '--level', 'default'] };
    return collectChild(services, { ...options, stream: 'Custom-MacUnifiedLog' }, signal);
  },
};

/** The machine's own log: the journal where there is one, else its files; on macOS the unified log. */
export const systemLog: HostPart = {
  name: 'system log',
  run: async (services, signal, report) => {
    if (process.platform === 'darwin') return macLog.run(services, signal, report);
    if (await hasJournal(services.root)) return journal.run(services, signal, report);
    return tailPart('system log', 'Custom-SyslogText', logFiles).run(services, signal, report);
  },
};
