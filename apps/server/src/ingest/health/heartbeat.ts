import { isIP } from 'node:net';
import { hostname, networkInterfaces, release, type, version } from 'node:os';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { Platform, RowObject } from '../../platform/types.ts';
import { connectorPrefix, doorName } from './doors.ts';
import { sendersSince } from './queries.ts';

/** As Azure Monitor's agents. */
const everyMs = 60_000;

/** https://learn.microsoft.com/azure/azure-monitor/reference/tables/heartbeat */
const beat = (now: Date, row: RowObject): RowObject => ({
  TimeGenerated: now,
  ComputerEnvironment: 'Non-Azure',
  SourceSystem: 'Sallyport',
  Type: 'Heartbeat',
  ...row,
});

/** A row for each sender that a door heard in the minute before `now`: an address, a token, a computer. Files and what connectors fetch have none. */
export async function senderHeartbeats(database: Platform['database'], now: Date): Promise<RowObject[]> {
  const heard = await sendersSince(database, new Date(now.getTime() - everyMs));
  return heard
    .filter(({ door }) => door !== 'host' && door !== 'upload' && !door.startsWith(connectorPrefix))
    .map(({ door, sender }) =>
      beat(now, { Computer: sender, Category: doorName(door), ComputerIP: isIP(sender) === 0 ? '' : sender }),
    );
}

/** The row of the machine that this server runs on. */
function ownHeartbeat(now: Date): RowObject {
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).filter(({ internal }) => !internal).map(({ address }) => address),
  );
  const [major = '', minor = ''] = release().split('.');
  return beat(now, {
    Computer: hostname(),
    Category: 'Sallyport',
    ComputerIP: addresses[0] ?? '',
    ComputerPrivateIPs: addresses,
    OSType: type(),
    OSName: version(),
    OSMajorVersion: major,
    OSMinorVersion: minor,
  });
}

/** Writes the row of this machine each minute, until aborted. Never throws. */
export async function keepHeartbeat(
  { outbox, clock, log }: { outbox: Platform['outbox']; clock: Clock; log: Log },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await outbox
      .write('Heartbeat', [ownHeartbeat(clock.now())])
      .catch((err: unknown) => log.warn({ err }, 'the heartbeat of this machine could not be written'));
    await clock.sleep(everyMs, signal);
  }
}
