import type { Evidence, Incident, IncidentStory, StoryEvent } from '@sallyport/contracts';
import type { Sheet } from './sheet.ts';

const alertsMax = 300;
const evidenceMax = 400;
const eventsMax = 600;
const commentsMax = 100;
const textMax = 2_000;

const clip = (text: string, length = textMax): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;
const time = (at: string): string => `${at.slice(0, 19).replace('T', ' ')}Z`;
const words = (name: string): string => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ');

export interface Content {
  readonly incident: Incident;
  readonly story: IncidentStory;
  readonly events: readonly StoryEvent[];
  readonly notes: readonly string[];
}

/** Everything of an incident that a reader away from the portal needs. */
export async function writeIncident(sheet: Sheet, content: Content): Promise<void> {
  await facts(sheet, content.incident);
  await path(sheet, content.story);
  await ties(sheet, content.story);
  await evidence(sheet, content.story);
  await alerts(sheet, content.incident);
  await comments(sheet, content.incident);
  await timeline(sheet, content);
}

async function facts(sheet: Sheet, incident: Incident): Promise<void> {
  await sheet.title(`Incident ${incident.number}: ${clip(incident.title, 512)}`);
  await sheet.facts([
    ['Severity', incident.severity],
    ['Status', incident.status],
    ['Owner', incident.owner ?? 'nobody'],
    ['Classification', incident.classification ? words(incident.classification) : 'not yet'],
    ['Reason', incident.classificationReason ? words(incident.classificationReason) : undefined],
    ['Determination', incident.determination ? words(incident.determination) : undefined],
    ['Closing comment', clip(incident.classificationComment)],
    ['Activity', `${time(incident.firstActivityAt)} to ${time(incident.lastActivityAt)}`],
    ['Created', time(incident.createdAt)],
    ['Last changed', time(incident.lastUpdatedAt)],
    ['Tactics', incident.tactics.map(words).join(', ')],
    ['Labels', incident.labels.join(', ')],
    ['Alerts', String(incident.alertCount)],
    ['Entities', String(incident.entityCount)],
  ]);
  if (incident.description !== '') {
    await sheet.heading('What happened');
    await sheet.say(clip(incident.description, 5_000));
  }
}

async function path(sheet: Sheet, { path: steps, alerts: all }: IncidentStory): Promise<void> {
  if (steps.length === 0) return;
  const names = new Map(all.map(({ id, name }) => [id, name]));
  await sheet.heading('Path over ATT&CK');
  for (const step of steps) {
    const technique = step.technique === '' ? '' : ` · ${step.technique} ${step.name}`.trimEnd();
    const by = [...new Set(step.alertIds.flatMap((id) => names.get(id) ?? []))].slice(0, 4).join('; ');
    await sheet.entry(time(step.firstAt), `${words(step.tactic)}${technique}`, {
      text: clip(`${step.alertCount} ${step.alertCount === 1 ? 'alert' : 'alerts'}: ${by}`, 500),
    });
  }
}

const tiesMax = 120;

async function ties(sheet: Sheet, { edges, evidence: all }: IncidentStory): Promise<void> {
  if (edges.length === 0) return;
  const names = new Map(all.map(({ entity }) => [entity.id, clip(entity.name, 160)]));
  await sheet.heading('How it goes together');
  for (const edge of edges.slice(0, tiesMax).toSorted((a, b) => (a.firstAt < b.firstAt ? -1 : 1)))
    await sheet.entry(
      time(edge.firstAt),
      `${names.get(edge.from) ?? '?'} ${edge.relation} ${names.get(edge.to) ?? '?'}`,
    );
  if (edges.length > tiesMax) await sheet.say(`And ${edges.length - tiesMax} more.`, { muted: true });
}

async function evidence(sheet: Sheet, { evidence: all }: IncidentStory): Promise<void> {
  for (const [title, some] of [
    ['Assets', all.filter(({ isAsset }) => isAsset)],
    ['Evidence', all.filter(({ isAsset }) => !isAsset)],
  ] as const) {
    if (some.length === 0) continue;
    await sheet.heading(`${title} (${some.length})`);
    for (const one of some.slice(0, evidenceMax)) await piece(sheet, one);
    if (some.length > evidenceMax) await sheet.say(`And ${some.length - evidenceMax} more.`, { muted: true });
  }
}

async function piece(sheet: Sheet, one: Evidence): Promise<void> {
  const by = one.verdictBy === null ? '' : ` by ${one.verdictBy}`;
  await sheet.say(`${words(one.entity.kind)}: ${clip(one.entity.name, 600)}`, {
    face: one.entity.kind === 'Process' ? 'mono' : 'bold',
    below: 1,
  });
  await sheet.say(
    clip(
      `${words(one.verdict)}${by}. ${one.verdictReason} Remediation: ${words(one.remediation)}. Roles: ${one.roles.map(words).join(', ')}. ${one.alertCount} ${
        one.alertCount === 1 ? 'alert' : 'alerts'
      }, ${time(one.firstSeenAt)} to ${time(one.lastSeenAt)}.${one.isAsset ? ` Risk: ${one.risk.level}.` : ''}`,
    ),
    { size: 'small', muted: true, indent: 12, below: 4 },
  );
}

async function alerts(sheet: Sheet, incident: Incident): Promise<void> {
  await sheet.heading(`Alerts (${incident.alertCount})`);
  const shown = incident.alerts.toSorted((a, b) => (a.startTime < b.startTime ? -1 : 1)).slice(0, alertsMax);
  for (const alert of shown)
    await sheet.entry(time(alert.startTime), `${alert.severity}: ${clip(alert.alertName, 300)}`, {
      text: clip(
        [
          [...alert.tactics.map(words), ...alert.techniques].join(', '),
          alert.entities.map(({ name }) => clip(name, 200)).join('; '),
        ]
          .filter((part) => part !== '')
          .join('\n'),
      ),
    });
  if (incident.alertCount > shown.length)
    await sheet.say(`And ${incident.alertCount - shown.length} more.`, { muted: true });
}

async function comments(sheet: Sheet, incident: Incident): Promise<void> {
  const all = incident.activities.filter(({ kind }) => kind === 'comment');
  if (all.length === 0) return;
  await sheet.heading(`Comments (${all.length})`);
  for (const comment of all.slice(0, commentsMax)) {
    await sheet.entry(time(comment.at), comment.by);
    await sheet.say(clip(comment.text, 8_000), { indent: 12, below: 6 });
  }
}

/** Rows, anomalies, activities and what people did, downwards. Alerts and comments stand above. */
async function timeline(sheet: Sheet, { incident, events, notes }: Content): Promise<void> {
  const log = incident.activities
    .filter(({ kind }) => kind !== 'comment')
    .map((activity) => ({
      at: activity.at,
      title: `${activity.by}: ${clip(activity.text, 300)}`,
      text: '',
      mono: false,
    }));
  const seen = events.map(({ at, kind, title, text }) => ({
    at,
    title: clip(kind === 'row' ? title : `${words(kind)}: ${title}`, 300),
    text: clip(text, 600),
    mono: kind === 'row',
  }));
  const all = [...log, ...seen].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  if (all.length === 0) return;
  await sheet.heading('Timeline');
  for (const { at, title, text, mono } of all.slice(0, eventsMax))
    await sheet.entry(time(at), title, { text, ...(mono ? { face: 'mono' as const } : {}) });
  if (all.length > eventsMax) await sheet.say(`And ${all.length - eventsMax} more.`, { muted: true });
  for (const note of notes.slice(0, 20)) await sheet.say(note, { muted: true, size: 'small' });
}
