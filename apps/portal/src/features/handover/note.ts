import type { HandoverFacts } from '@sallyport/contracts';
import { visible } from '../../shared/text.ts';
import { exact, type Zone } from '../../shared/time.ts';

const changesInNote = 2;

const line = (text: string): string => visible(text.replaceAll(/\s+/g, ' ')).slice(0, 200);

/** The note of a shift, written from what happened. A person changes it before it is handed over. */
export function handoverNote(facts: HandoverFacts, zone: Zone): string {
  const { counts } = facts;
  const at = (iso: string): string => exact(new Date(iso), zone).slice(0, 16);
  const open = facts.open.filter(
    ({ status, changes, severity }) => status === 'Active' || changes.length > 0 || severity === 'High',
  );
  const more = facts.open.length - open.length;
  return [
    `Shift from ${at(facts.since)} to ${at(facts.until)}`,
    `Open: ${counts.open} (${counts.unassigned} nobody’s, ${counts.breached} past their service level). New: ${counts.opened}. Closed: ${counts.closed}.`,
    '',
    'Open incidents',
    ...(open.length === 0 ? ['- none that need a word'] : []),
    ...open.flatMap((one) => [
      `- ${one.number} ${one.severity}, ${one.status}, ${one.owner ?? 'nobody’s'}: ${line(one.title)}`,
      ...one.changes.slice(0, changesInNote).map(({ by, text }) => `    ${line(by)}: ${line(text)}`),
    ]),
    ...(more > 0 ? [`- and ${more} others, as they were`] : []),
    '',
    ...(facts.closed.length > 0
      ? ['Closed', ...facts.closed.map((one) => `- ${one.number} ${one.classification ?? ''}: ${line(one.title)}`), '']
      : []),
    ...(facts.tasks.length > 0
      ? [
          'Due within a day',
          ...facts.tasks.map(
            ({ parent, title, dueAt, assignee }) =>
              `- ${parent.kind} ${parent.number}: ${line(title)} (${assignee ?? 'nobody'}, ${dueAt === null ? '' : at(dueAt)})`,
          ),
          '',
        ]
      : []),
    'To know',
    '- ',
  ].join('\n');
}
