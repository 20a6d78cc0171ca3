import type { IncidentSummary } from './routes/incidents.ts';
import type { ServiceLevels } from './routes/queue.ts';

export const serviceLevelStages = ['triage', 'acknowledge', 'close'] as const;
export type ServiceLevelStage = (typeof serviceLevelStages)[number];

export interface ServiceLevelState {
  /** `met`, `missed`: of a closed incident. `breaching`: a fifth of the time or less is left. */
  readonly state: 'onTime' | 'breaching' | 'breached' | 'met' | 'missed';
  /** What is due next, or was done late. */
  readonly stage: ServiceLevelStage;
  readonly dueAt: Date;
}

/** Share of a target's time after which it is about to be breached. */
export const breachingFrom = 0.8;

type Timed = Pick<
  IncidentSummary,
  'severity' | 'status' | 'createdAt' | 'firstModifiedAt' | 'acknowledgedAt' | 'closedAt'
>;

/**
 * How an incident stands to the targets of its severity; undefined when there are none for what is left to do. Triage ends with a person's first change or
 * comment, acknowledging with an owner or a status beyond New, closing with Closed.
 */
export function serviceLevelOf(incident: Timed, levels: ServiceLevels, now: Date): ServiceLevelState | undefined {
  const targets = levels[incident.severity];
  if (!targets) return undefined;
  const created = Date.parse(incident.createdAt);
  const doneAt: Record<ServiceLevelStage, string | null | undefined> = {
    triage: incident.firstModifiedAt,
    acknowledge: incident.acknowledgedAt,
    close: incident.closedAt,
  };
  const stages = serviceLevelStages.flatMap((stage) => {
    const minutes = targets[stage];
    const done = doneAt[stage];
    return minutes === null ? [] : [{ stage, ms: minutes * 60_000, done: done ? Date.parse(done) : undefined }];
  });
  if (incident.status === 'Closed') {
    const late = stages.find(({ ms, done }) => done !== undefined && done > created + ms);
    const told = late ?? stages.at(-1);
    return told && { state: late ? 'missed' : 'met', stage: told.stage, dueAt: new Date(created + told.ms) };
  }
  const [next] = stages.filter(({ done }) => done === undefined).toSorted((a, b) => a.ms - b.ms);
  if (!next) return undefined;
  const passed = now.getTime() - created;
  const state = passed > next.ms ? 'breached' : passed > next.ms * breachingFrom ? 'breaching' : 'onTime';
  return { state, stage: next.stage, dueAt: new Date(created + next.ms) };
}
