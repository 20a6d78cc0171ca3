import { MmdbError, readDatabases, shippedLocations, type Lake, type Location } from '@sallyport/lake';
import type { Log } from './log.ts';
import type { RowTarget } from './outbox/index.ts';
import type { RowObject } from './outbox/types.ts';
import type { Platform } from './types.ts';

/** Databases are published weekly or daily; one that was replaced in its place is seen this soon. */
const lookAgainMs = 24 * 3_600_000;
const retryMs = 60_000;

/**
 * Keeps the lake's IP locations as the configured databases are, until aborted. A database that is broken is told in the log, and what the lake has stays.
 * Never throws.
 */
export async function keepIpLocations(
  { config, lake, clock, log }: Pick<Platform, 'config' | 'lake' | 'clock' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  const off = config.ipLocationFile.length === 1 && config.ipLocationFile[0] === 'off';
  while (!off && !signal.aborted) {
    const settled = await loadOnce(config.ipLocationFile, lake, log, signal);
    await clock.sleep(settled ? lookAgainMs : retryMs, signal);
  }
}

/** False where another attempt may do better. */
async function loadOnce(files: readonly string[], lake: Lake, log: Log, signal: AbortSignal): Promise<boolean> {
  const started = performance.now();
  try {
    const paths = files.length > 0 ? files : [shippedLocations()];
    const { changed, networks, memoryBytes } = await lake.loadIpLocations(await readDatabases(paths));
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    log.info({ networks, memoryBytes, seconds, changed }, 'IP locations are loaded');
    return true;
  } catch (err) {
    // The engine may end under it when everything stops.
    if (signal.aborted) return true;
    log.error({ err, setting: 'ipLocationFile' }, 'IP locations could not be loaded; those of before stay');
    return err instanceof MmdbError;
  }
}

/** Sallyport's own sign-ins say where they came from. It is looked up on the way to the lake, so that no sign-in waits for it. */
export const locatingSignIns = (lake: Pick<Lake, 'insertRows' | 'locate'>, log: Log): RowTarget => ({
  insertRows: async (table, rows, options) =>
    lake.insertRows(table, table === 'SigninLogs' ? await located(lake, rows, log) : rows, options),
});

async function located(
  lake: Pick<Lake, 'locate'>,
  rows: readonly RowObject[],
  log: Log,
): Promise<readonly RowObject[]> {
  const addressOf = ({ IPAddress, Location }: RowObject): string =>
    typeof IPAddress === 'string' && Location === undefined ? IPAddress : '';
  const addresses = [...new Set(rows.map(addressOf))].filter((address) => address !== '');
  try {
    const known = await lake.locate(addresses, { limits: { seconds: 30 } });
    return rows.map((row) => ({ ...row, ...placeColumns(known.get(addressOf(row))) }));
  } catch (err) {
    log.warn({ err }, 'sign-ins are stored without their places');
    return rows;
  }
}

function placeColumns(place: Location | undefined): RowObject {
  if (!place) return {};
  const { country, region, city, latitude, longitude, asn } = place;
  return {
    Location: country ?? '',
    LocationDetails: {
      city,
      state: region,
      countryOrRegion: country,
      ...(latitude === undefined || longitude === undefined ? {} : { geoCoordinates: { latitude, longitude } }),
    },
    ...(asn === undefined ? {} : { AutonomousSystemNumber: String(asn) }),
  };
}
