import { IdentityRiskLevel, SallyportError, type AdditionalInfo } from '@sallyport/contracts';
import type { Queries } from '../hunting/index.ts';
import { storableText } from '../platform/canonical-json.ts';
import type { Platform } from '../platform/types.ts';
import { ask, numberOf, textOf, windowed, type Answered, type Window } from './ask.ts';
import type { Commands } from './commands.ts';
import type { OfflineDetection, RiskContent } from './content.ts';
import { keyOf, resolvePeople } from './people.ts';
import { infoOf } from './realtime.ts';
import { kept } from './store.ts';
import type { DetectionRow, NewDetection, Place, RiskSubject } from './types.ts';
import { systemPrincipal } from '../platform/principal.ts';

export interface OfflineParts {
  readonly platform: Pick<Platform, 'database' | 'lake' | 'clock' | 'log'>;
  readonly queries: () => Queries;
  readonly content: RiskContent;
  readonly commands: Commands;
}

/** Rows of one detection in one run. */
const rowsMax = 1_000;
const secondsMax = 60;
const hourMs = 3_600_000;
/** Logs of others come late: each run looks again at what the last ones saw. What was told is known by its key. */
const overlapMs = 2 * hourMs;
const firstWindowMs = 24 * hourMs;
const catchUpMaxMs = 7 * 24 * hourMs;

/** Runs what is due since the last time. Answers the detections that are new. */
export async function runDue(parts: OfflineParts): Promise<DetectionRow[]> {
  const { database, clock } = parts.platform;
  const to = clock.now();
  const done = await kept.read(database, 'offline');
  const last = typeof done === 'string' ? Date.parse(done) - overlapMs : to.getTime() - firstWindowMs;
  const found = await runOffline(parts, { from: new Date(Math.max(last, to.getTime() - catchUpMaxMs)), to });
  await kept.write(database, 'offline', to.toISOString());
  return found;
}

/** Asks each detection whose tables got rows in the window. One that fails does not keep the others. */
export async function runOffline(
  parts: OfflineParts,
  window: Window,
  only?: readonly OfflineDetection[],
): Promise<DetectionRow[]> {
  const { platform, queries, content, commands } = parts;
  const fresh = new Set(
    (await platform.lake.tableInfo())
      .filter(({ rows, lastRowAt }) => rows > 0 && lastRowAt !== null && Date.parse(lastRowAt) >= window.from.getTime())
      .map(({ name }) => name),
  );
  const all: DetectionRow[] = [];
  for (const detection of only ?? content.detections) {
    const request = windowed(detection.query, window);
    try {
      const { reads } = queries().compile(request.query, { ...request, noData: true });
      if (!reads.some(({ table }) => fresh.has(table))) continue;
      const as = systemPrincipal(`identity protection: ${detection.riskEventType}`);
      const rows = await ask(queries(), request, { as, maxRows: rowsMax, seconds: secondsMax });
      all.push(...(await commands.raise(await toDetections(parts, detection, rows, window))));
    } catch (err) {
      if (!(err instanceof SallyportError) || err.code === 'Unavailable' || err.code === 'TooManyRequests') throw err;
      platform.log.warn({ err, detection: detection.riskEventType }, 'a risk detection failed');
    }
  }
  return all;
}

async function toDetections(
  { platform }: OfflineParts,
  detection: OfflineDetection,
  rows: readonly Answered[],
  { to }: Window,
): Promise<NewDetection[]> {
  const named = rows.map((row) => ({ id: text(row, 'UserId'), name: text(row, 'UserPrincipalName') }));
  const people = detection.activity === 'servicePrincipal' ? undefined : await resolvePeople(platform.database, named);
  return rows.flatMap((row, i): NewDetection[] => {
    const one = named[i];
    const subject = people ? one && people.get(keyOf(one)) : servicePrincipalOf(row);
    if (!subject || subject.id === '') return [];
    const level = IdentityRiskLevel.safeParse(row['Level']);
    const at = Date.parse(text(row, 'TimeGenerated'));
    const place = placeOf(row);
    const about = {
      userAgent: text(row, 'UserAgent'),
      asn: text(row, 'Asn'),
      requestId: text(row, 'Id'),
      ipAddress: text(row, 'IpAddress'),
      place,
    };
    return [
      {
        key: text(row, 'Key'),
        subject,
        riskEventType: detection.riskEventType,
        riskLevel: level.success ? level.data : detection.level,
        timing: 'offline',
        activityAt: Number.isNaN(at) ? to : new Date(at),
        source: text(row, 'Provider') || 'Sallyport',
        ipAddress: about.ipAddress,
        place,
        requestId: about.requestId,
        correlationId: text(row, 'CorrelationId'),
        tokenIssuerType: text(row, 'TokenIssuerType') || 'AzureAD',
        additionalInfo: infoOf(reasonsOf(row), about) satisfies AdditionalInfo,
      },
    ];
  });
}

const textMax = 1_000;
const text = (row: Answered, column: string): string => storableText(textOf(row[column]), textMax);

function reasonsOf(row: Answered): Record<string, unknown> {
  const { Reasons: reasons } = row;
  const value: unknown = typeof reasons === 'string' ? parsed(reasons) : reasons;
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

export function placeOf(row: Answered): Place {
  const [country, city] = [text(row, 'Country'), text(row, 'City')];
  const [latitude, longitude] = [numberOf(row['Latitude']), numberOf(row['Longitude'])];
  return {
    ...(country === '' ? {} : { country }),
    ...(city === '' ? {} : { city }),
    ...(latitude === undefined || longitude === undefined ? {} : { latitude, longitude }),
  };
}

const servicePrincipalOf = (row: Answered): RiskSubject => ({
  kind: 'servicePrincipal',
  id: text(row, 'ServicePrincipalId'),
  name: text(row, 'AppId'),
  displayName: text(row, 'ServicePrincipalName'),
});
