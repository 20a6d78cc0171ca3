import {
  highestRisk,
  type identityProtectionRoutes,
  type RiskDetection,
  type RiskHistoryItem,
  type RiskySignIn,
  type RiskySubject,
} from '@sallyport/contracts';
import { requireCaller, type Handlers, type RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import type { Author, Commands, Judgement } from './commands.ts';
import { detectionKinds, isRiskEventType } from './kinds.ts';
import type { checkLeaked } from './leaked.ts';
import { readNotifications, writeNotifications } from './mails.ts';
import { detections, history, subjects } from './store.ts';
import type { DetectionRow, HistoryRow, SubjectRow } from './types.ts';
import type { RiskSubjectKind } from '@sallyport/contracts';

const listedMax = 500;
const dayMs = 86_400_000;

export const authorOf = (context: RequestContext): Author => {
  const { id, name } = requireCaller(context);
  return { id, name, ipAddress: context.ipAddress, requestId: context.requestId };
};

const nameOf = (type: string): string => (isRiskEventType(type) ? detectionKinds[type].name : type);

export const subjectAnswer = (row: SubjectRow): RiskySubject => ({
  kind: row.kind,
  id: row.id,
  name: row.name,
  displayName: row.display_name,
  riskLevel: row.risk_level,
  riskState: row.risk_state,
  riskDetail: row.risk_detail,
  updatedAt: row.updated_at.toISOString(),
});

const detectionAnswer = (row: DetectionRow): RiskDetection => ({
  id: row.id,
  subjectKind: row.subject_kind,
  subjectId: row.subject_id,
  subjectName: row.subject_name,
  displayName: row.display_name,
  riskEventType: row.risk_event_type,
  name: nameOf(row.risk_event_type),
  riskLevel: row.risk_level,
  riskState: row.risk_state,
  riskDetail: row.risk_detail,
  timing: row.timing,
  activity: row.activity,
  source: row.source,
  ipAddress: row.ip_address,
  country: row.location.country ?? '',
  city: row.location.city ?? '',
  requestId: row.request_id,
  activityAt: row.activity_at.toISOString(),
  detectedAt: row.detected_at.toISOString(),
  additionalInfo: row.additional_info,
});

const historyAnswer = (row: HistoryRow): RiskHistoryItem => ({
  id: row.id,
  at: row.at.toISOString(),
  riskLevel: row.risk_level,
  riskState: row.risk_state,
  riskDetail: row.risk_detail,
  initiatedBy: row.initiated_by,
  detections: row.activity.riskEventTypes.map(nameOf),
});

function signInAnswer(rows: readonly DetectionRow[]): RiskySignIn[] {
  return [...Map.groupBy(rows, ({ request_id: id }) => id).values()].map((of) => {
    const found = of.map(detectionAnswer);
    const [first] = found;
    if (!first) throw new Error('a sign-in without detections');
    const active = found.filter(({ riskState }) => riskState === 'atRisk' || riskState === 'confirmedCompromised');
    const shown = active.length > 0 ? active : found;
    return {
      requestId: first.requestId,
      userId: first.subjectId,
      userPrincipalName: first.subjectName,
      displayName: first.displayName,
      at: first.activityAt,
      ipAddress: first.ipAddress,
      country: first.country,
      city: first.city,
      source: first.source,
      riskLevel: highestRisk(shown.map(({ riskLevel }) => riskLevel)),
      riskState: shown[0]?.riskState ?? first.riskState,
      detections: found,
    };
  });
}

const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

export function identityProtectionHandlers(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  {
    commands,
    judge,
    leaked,
  }: {
    readonly commands: Commands;
    readonly judge: (kind: RiskSubjectKind, ids: readonly string[], judgement: Judgement, by: Author) => Promise<void>;
    readonly leaked: (input: Parameters<typeof checkLeaked>[1]) => Promise<number>;
  },
): Handlers<typeof identityProtectionRoutes> {
  const since = (days: number): Date => new Date(clock.now().getTime() - days * dayMs);
  return {
    listRiskySubjects: async (_context, { query: { kind, level, state, search } }) => ({
      subjects: (
        await database.query<SubjectRow>(
          `SELECT * FROM risky_subjects WHERE kind = $1 AND ($2::text IS NULL OR risk_level = $2) AND ($3::text IS NULL OR risk_state = $3)
             AND (name ILIKE $4 OR display_name ILIKE $4 OR id ILIKE $4)
           ORDER BY array_position(ARRAY['high', 'medium', 'low', 'hidden', 'none'], risk_level), updated_at DESC, id LIMIT $5`,
          [kind, level ?? null, state ?? null, containing(search), listedMax],
        )
      ).map(subjectAnswer),
    }),
    getRiskySubject: async (_context, { params: { kind, id } }) => ({
      subject: subjectAnswer(await subjects.known(database, kind, id)),
      detections: (await detections.of(database, kind, id)).map(detectionAnswer),
      history: (await history.of(database, kind, id)).map(historyAnswer),
    }),
    judgeRiskySubjects: async (context, { params: { kind }, body: { ids, judgement } }) => {
      context.audit({ target: `${kind} ${ids.join(', ')}`.slice(0, 500), details: { judgement } });
      await judge(kind, ids, judgement, authorOf(context));
      return {};
    },
    listRiskySignIns: async (_context, { query: { days, level, search } }) => {
      const rows = await database.query<DetectionRow>(
        `SELECT * FROM risk_detections WHERE activity = 'signin' AND request_id <> '' AND detected_at >= $1
           AND (subject_name ILIKE $2 OR display_name ILIKE $2 OR ip_address ILIKE $2)
         ORDER BY detected_at DESC, id LIMIT $3`,
        [since(days), containing(search), listedMax],
      );
      const signIns = signInAnswer(rows);
      return { signIns: level === undefined ? signIns : signIns.filter(({ riskLevel }) => riskLevel === level) };
    },
    judgeRiskySignIns: async (context, { body: { requestIds, judgement } }) => {
      context.audit({ target: `sign-ins ${requestIds.join(', ')}`.slice(0, 500), details: { judgement } });
      await commands.judgeSignIns(requestIds, judgement, authorOf(context));
      return {};
    },
    listRiskDetections: async (_context, { query: { kind, days, level, type, search } }) => ({
      detections: (
        await database.query<DetectionRow>(
          `SELECT * FROM risk_detections WHERE ($1::text IS NULL OR subject_kind = $1) AND detected_at >= $2 AND ($3::text IS NULL OR risk_level = $3)
             AND ($4::text IS NULL OR risk_event_type = $4) AND (subject_name ILIKE $5 OR display_name ILIKE $5 OR ip_address ILIKE $5)
           ORDER BY detected_at DESC, id LIMIT $6`,
          [kind ?? null, since(days), level ?? null, type ?? null, containing(search), listedMax],
        )
      ).map(detectionAnswer),
    }),
    getRiskNotifications: () => readNotifications(database),
    setRiskNotifications: async (context, { body }) => {
      context.audit({ target: 'notifications of identity protection', details: body });
      await writeNotifications(database, body);
      return body;
    },
    checkLeakedCredentials: async (context, { body }) => {
      // Never the passwords.
      context.audit({ target: 'leaked credentials', details: { source: body.source, given: body.credentials.length } });
      return { matched: await leaked(body) };
    },
  };
}
