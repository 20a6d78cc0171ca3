import {
  highestRisk,
  SallyportError,
  type RiskDetail,
  type IdentityRiskLevel,
  type RiskState,
  type RiskSubjectKind,
} from '@sallyport/contracts';
import type { Queryable } from '../platform/database/index.ts';
import type { Platform } from '../platform/types.ts';
import { detectionLakeRow, detectionTable, subjectLakeRow, subjectTable } from './rows.ts';
import { detections, history, subjects } from './store.ts';
import type { DetectionRow, NewDetection, RiskListener, RiskSubject, SubjectRow } from './types.ts';

/** Who changes something, and in which call. */
export interface Author {
  readonly id: string;
  readonly name: string;
  readonly ipAddress: string;
  readonly requestId: string;
}

type Verdict = Pick<DetectionRow, 'risk_state' | 'risk_detail'>;
export type Judgement = 'dismiss' | 'confirmCompromised' | 'confirmSafe';
export type RemediationDetail = Extract<
  RiskDetail,
  | 'userPassedMFADrivenByRiskBasedPolicy'
  | 'userPerformedSecuredPasswordChange'
  | 'userPerformedSecuredPasswordReset'
  | 'userChangedPasswordOnPremises'
  | 'adminGeneratedTemporaryPassword'
>;

const system = 'Sallyport';
/** What people say of a user or a service principal, as Graph and Entra's audit name it. */
const judgements: Readonly<Record<RiskSubjectKind, Readonly<Record<Judgement, Verdict & { operation: string }>>>> = {
  user: {
    dismiss: { risk_state: 'dismissed', risk_detail: 'adminDismissedAllRiskForUser', operation: 'DismissUser' },
    confirmCompromised: {
      risk_state: 'confirmedCompromised',
      risk_detail: 'adminConfirmedUserCompromised',
      operation: 'ConfirmAccountCompromised',
    },
    confirmSafe: { risk_state: 'confirmedSafe', risk_detail: 'adminConfirmedAccountSafe', operation: 'ConfirmSafe' },
  },
  servicePrincipal: {
    dismiss: {
      risk_state: 'dismissed',
      risk_detail: 'adminDismissedAllRiskForServicePrincipal',
      operation: 'DismissServicePrincipal',
    },
    confirmCompromised: {
      risk_state: 'confirmedCompromised',
      risk_detail: 'adminConfirmedServicePrincipalCompromised',
      operation: 'ConfirmServicePrincipalCompromised',
    },
    confirmSafe: { risk_state: 'confirmedSafe', risk_detail: 'none', operation: 'ConfirmServicePrincipalSafe' },
  },
};
/** Of single sign-ins. */
const signInJudgements: Readonly<Record<Judgement, Verdict & { operation: string }>> = {
  dismiss: { risk_state: 'dismissed', risk_detail: 'adminDismissedRiskForSignIn', operation: 'DismissSignIn' },
  confirmCompromised: {
    risk_state: 'confirmedCompromised',
    risk_detail: 'adminConfirmedSigninCompromised',
    operation: 'ConfirmCompromised',
  },
  confirmSafe: { risk_state: 'confirmedSafe', risk_detail: 'adminConfirmedSigninSafe', operation: 'ConfirmSafe' },
};

/** As many ids as Graph takes in a call. */
export const idsMax = 60;
const agingMonths = 6;

export function createCommands(
  { database, clock, audit, outbox }: Pick<Platform, 'database' | 'clock' | 'audit' | 'outbox'>,
  listeners: readonly RiskListener[],
) {
  /** Works out a subject's risk from its detections in force, and tells of it when it is another. */
  const recompute = async (
    tx: Queryable,
    subject: RiskSubject,
    changed: readonly DetectionRow[],
    quiet: { readonly state: RiskState; readonly detail: RiskDetail; readonly by: string },
  ): Promise<void> => {
    const before = await subjects.byId(tx, subject.kind, subject.id);
    const active = await detections.active(tx, subject);
    const confirmed = active.find(({ risk_state: state }) => state === 'confirmedCompromised');
    const riskLevel: IdentityRiskLevel = confirmed ? 'high' : highestRisk(active.map(({ risk_level: level }) => level));
    const riskState: RiskState = confirmed ? 'confirmedCompromised' : active.length > 0 ? 'atRisk' : quiet.state;
    const riskDetail: RiskDetail = confirmed ? confirmed.risk_detail : active.length > 0 ? 'none' : quiet.detail;
    const now = clock.now();
    const row: SubjectRow = {
      kind: subject.kind,
      id: subject.id,
      name: subject.name,
      display_name: subject.displayName,
      risk_level: riskLevel,
      risk_state: riskState,
      risk_detail: riskDetail,
      updated_at: now,
    };
    await subjects.save(tx, row);
    const types = [...new Set(changed.map(({ risk_event_type: type }) => type))];
    await history.add(tx, row, quiet.by, { riskEventTypes: types, eventTypes: types });
    for (const one of changed) await outbox.write(detectionTable(one), [detectionLakeRow(one)], tx);
    await outbox.write(subjectTable(row), [subjectLakeRow(row)], tx);
    const change = {
      subject,
      riskLevel,
      riskState,
      riskDetail,
      previousLevel: before?.risk_level ?? 'none',
      activityAt: changed.reduce((latest, { activity_at: at }) => (at > latest ? at : latest), new Date(0)),
    };
    for (const listener of listeners) await listener(change, tx);
  };

  const bySubject = (rows: readonly DetectionRow[]): [RiskSubject, DetectionRow[]][] =>
    [...Map.groupBy(rows, (row) => `${row.subject_kind}|${row.subject_id}`).values()].map((of) => [
      subjectOf(of[0]!),
      of,
    ]);

  const settle = async (tx: Queryable, rows: readonly DetectionRow[], verdict: Verdict, by: string): Promise<void> => {
    for (const [subject, of] of bySubject(rows)) {
      const changed = await detections.change(
        tx,
        of.map(({ id }) => id),
        verdict,
        clock.now(),
      );
      await recompute(tx, subject, changed, { state: verdict.risk_state, detail: verdict.risk_detail, by });
    }
  };

  const recordJudgement = (
    tx: Queryable,
    operation: string,
    target: { readonly id: string; readonly displayName: string; readonly type: string },
    by: Author,
    verdict: Verdict,
  ): Promise<void> =>
    audit.record(
      {
        actor: by.name,
        operation,
        target: `${target.type} ${target.displayName}`,
        result: 'success',
        ipAddress: by.ipAddress,
        requestId: by.requestId,
        details: { id: target.id, riskState: verdict.risk_state },
        entra: {
          category: 'Other',
          loggedByService: 'Identity Protection',
          operationType: 'Update',
          actorId: by.id,
          target,
          modified: { displayName: 'RiskState', newValue: verdict.risk_state },
        },
      },
      tx,
    );

  return {
    /** Stores what was not told before, and works out the risk of whom it is of. Answers what is new. */
    raise: (found: readonly NewDetection[]): Promise<DetectionRow[]> =>
      found.length === 0
        ? Promise.resolve([])
        : database.transaction(async (tx) => {
            const ordered = [
              ...new Map(found.map(({ subject }) => [`${subject.kind}|${subject.id}`, subject])),
            ].toSorted(([a], [b]) => (a < b ? -1 : 1));
            for (const [, subject] of ordered) await subjects.lock(tx, subject);
            const added = await detections.insert(tx, found, clock.now());
            for (const [subject, rows] of bySubject(added))
              await recompute(tx, subject, rows, { state: 'none', detail: 'none', by: system });
            return added;
          }),

    /** Of users or service principals. Throws NotFound for one that has no risk, unless it is confirmed compromised, where `find` must know it. */
    judge: (
      kind: RiskSubjectKind,
      ids: readonly string[],
      judgement: Judgement,
      by: Author,
      find: (id: string) => Promise<RiskSubject | undefined>,
    ): Promise<void> =>
      database.transaction(async (tx) => {
        const verdict = judgements[kind][judgement];
        for (const id of [...new Set(ids)].toSorted()) {
          await subjects.lock(tx, { kind, id });
          const known = await subjects.byId(tx, kind, id);
          const subject = known
            ? { kind, id, name: known.name, displayName: known.display_name }
            : judgement === 'confirmCompromised'
              ? await find(id)
              : undefined;
          if (!subject) throw new SallyportError('NotFound', `there is no risk of ${kind} ${id.slice(0, 100)}`);
          if (judgement === 'confirmCompromised') {
            const added = await detections.insert(tx, [confirmedBy(subject, verdict, by, clock.now())], clock.now());
            await recompute(tx, subject, added, { state: 'none', detail: 'none', by: by.name });
          } else {
            const active = await detections.active(tx, subject);
            const changed = await detections.change(
              tx,
              active.map((row) => row.id),
              verdict,
              clock.now(),
            );
            await recompute(tx, subject, changed, {
              state: verdict.risk_state,
              detail: verdict.risk_detail,
              by: by.name,
            });
          }
          const type = kind === 'user' ? 'User' : 'ServicePrincipal';
          await recordJudgement(tx, verdict.operation, { id, displayName: subject.name, type }, by, verdict);
        }
      }),

    /** Of sign-ins, by their request ids. Throws NotFound when none of them is risky. */
    judgeSignIns: (requestIds: readonly string[], judgement: Judgement, by: Author): Promise<void> =>
      database.transaction(async (tx) => {
        const verdict = signInJudgements[judgement];
        const rows = await detections.ofRequests(tx, requestIds);
        if (rows.length === 0) throw new SallyportError('NotFound', 'none of these sign-ins is risky');
        for (const [subject] of bySubject(rows).toSorted(([a], [b]) => (a.id < b.id ? -1 : 1)))
          await subjects.lock(tx, subject);
        await settle(tx, rows, verdict, by.name);
        for (const id of new Set(rows.map((row) => row.request_id)))
          await recordJudgement(tx, verdict.operation, { id, displayName: id, type: 'Other' }, by, verdict);
      }),

    /** The person did what takes the risk away: of one sign-in (`requestId`), or of all. Answers whether there was any. */
    remediate: (
      { userId, requestId, detail }: { userId: string; requestId?: string; detail: RemediationDetail },
      outer?: Queryable,
    ): Promise<boolean> => {
      const work = async (tx: Queryable): Promise<boolean> => {
        await subjects.lock(tx, { kind: 'user', id: userId });
        const active = await detections.active(tx, { kind: 'user', id: userId });
        // A second factor says that this sign-in was the person's: nothing of others, and nothing of a leaked password.
        const concerned = requestId === undefined ? active : active.filter((row) => row.request_id === requestId);
        if (concerned.length === 0) return false;
        await settle(tx, concerned, { risk_state: 'remediated', risk_detail: detail }, system);
        return true;
      };
      return outer ? work(outer) : database.transaction(work);
    },

    /** Low risk ages out after six months. Answers how many detections did. */
    age: (): Promise<number> =>
      database.transaction(async (tx) => {
        const before = new Date(clock.now());
        before.setUTCMonth(before.getUTCMonth() - agingMonths);
        const old = await tx.query<DetectionRow>(
          `SELECT * FROM risk_detections WHERE risk_state = 'atRisk' AND risk_level = 'low' AND detected_at < $1 ORDER BY subject_kind, subject_id LIMIT 1000`,
          [before],
        );
        for (const [subject] of bySubject(old)) await subjects.lock(tx, subject);
        await settle(tx, old, { risk_state: 'none', risk_detail: 'none' }, system);
        return old.length;
      }),
  };
}
export type Commands = ReturnType<typeof createCommands>;

export const subjectOf = (row: DetectionRow): RiskSubject => ({
  kind: row.subject_kind,
  id: row.subject_id,
  name: row.subject_name,
  displayName: row.display_name,
});

const confirmedBy = (subject: RiskSubject, verdict: Verdict, by: Author, now: Date): NewDetection => ({
  key: `${subject.id}|${now.toISOString()}`,
  subject,
  riskEventType:
    subject.kind === 'user' ? 'adminConfirmedUserCompromised' : 'adminConfirmedServicePrincipalCompromised',
  riskLevel: 'high',
  riskState: verdict.risk_state,
  riskDetail: verdict.risk_detail,
  timing: 'offline',
  activityAt: now,
  source: 'Sallyport',
  ipAddress: '',
  place: {},
  requestId: '',
  correlationId: '',
  additionalInfo: [{ Key: 'riskReasons', Value: [`confirmed by ${by.name}`] }],
});
