import { moments } from './calendar.ts';
import type { Presence } from './estate.ts';
import { exchangeRow, siteOf } from './mail.ts';
import type { Person } from './people.ts';
import type { Rng } from './rng.ts';
import type { Row, SlotContext } from './sink.ts';
import { domain } from './world.ts';

const documents = [
  'Budget',
  'Forecast',
  'Minutes',
  'Plan',
  'Contract',
  'Roadmap',
  'Invoices',
  'Prices',
  'Handbook',
  'Checklist',
] as const;
const extensions = ['docx', 'xlsx', 'pptx', 'pdf'] as const;
const fileWork: readonly (readonly [string, number])[] = [
  ['FileAccessed', 40],
  ['FileModified', 22],
  ['FilePreviewed', 12],
  ['FileDownloaded', 5],
  ['FileUploaded', 6],
  ['FileSyncDownloadedFull', 8],
  ['FileRenamed', 1],
];

/** Documents, chat and mailboxes: what Microsoft 365's audit log says of a slot. */
export function officeActivity(context: SlotContext): void {
  for (const presence of context.present) {
    const { person, plan } = presence;
    const rng = context.rng('office', person.index);
    for (const at of moments(rng, plan, context.slot, 3.2 * person.pace))
      context.sink.row(
        'OfficeActivity',
        at,
        fileRow(person, presence.publicIp, rng.weighted(fileWork), documentName(rng), rng),
      );
    for (const at of moments(rng, plan, context.slot, 1.6 * person.pace))
      context.sink.row('OfficeActivity', at, chatRow(presence, rng));
    for (const at of moments(rng, plan, context.slot, 1.2 * person.pace))
      context.sink.row('OfficeActivity', at, exchangeRow(person, presence.publicIp, 'MailItemsAccessed', rng));
    // About three of the whole company in a week sort their newsletters: the kind of rule that nobody should be alarmed by.
    for (const at of moments(rng, plan, context.slot, 0.0008))
      context.sink.row('OfficeActivity', at, sortingRule(presence, rng));
  }
}

export const documentName = (rng: Rng): string => `${rng.pick(documents)} ${rng.int(1, 60)}.${rng.pick(extensions)}`;

export function fileRow(
  person: Person,
  ip: string,
  operation: string,
  file: string,
  rng: Rng,
  userAgent = 'Microsoft Office/16.0',
): Row {
  const personal = rng.chance(0.4);
  const site = personal
    ? `https://onedrive.${domain}/personal/${person.account.replace('.', '_')}/`
    : `https://sharepoint.${domain}/sites/${siteOf(person)}/`;
  return {
    OfficeId: rng.uuid(),
    RecordType: 'SharePointFileOperation',
    OfficeWorkload: personal ? 'OneDrive' : 'SharePoint',
    EventSource: 'SharePoint',
    Operation: operation,
    UserId: person.upn,
    UserKey: `i:0h.f|membership|${person.objectId}@contoso.com`,
    UserType: 'Regular',
    ResultStatus: 'Succeeded',
    ClientIP: ip,
    UserAgent: userAgent,
    ItemType: 'File',
    Site_Url: site,
    SourceFileName: file,
    SourceFileExtension: file.slice(file.lastIndexOf('.') + 1),
    SourceRelativeUrl: 'Shared Documents',
    OfficeObjectId: `${site}Shared Documents/${file}`,
    IsManagedDevice: true,
  };
}

const chatRow = ({ person, publicIp }: Presence, rng: Rng): Row => ({
  OfficeId: rng.uuid(),
  RecordType: 'MicrosoftTeams',
  OfficeWorkload: 'MicrosoftTeams',
  Operation: rng.weighted([
    ['MessageSent', 8],
    ['MessagesListed', 3],
    ['MeetingParticipantDetail', 2],
    ['TeamsSessionStarted', 1],
  ] as const),
  UserId: person.upn,
  UserKey: person.objectId,
  UserType: 'Regular',
  ResultStatus: 'Succeeded',
  ClientIP: publicIp,
  CommunicationType: rng.pick(['OneOnOne', 'GroupChat', 'Team']),
});

const sortingRule = ({ person, publicIp }: Presence, rng: Rng): Row => ({
  ...exchangeRow(person, publicIp, 'New-InboxRule', rng),
  OfficeObjectId: `${person.upn}\\Newsletters`,
  Parameters: JSON.stringify([
    { Name: 'Name', Value: 'Newsletters' },
    { Name: 'From', Value: 'news@letters.example.net' },
    { Name: 'MoveToFolder', Value: 'Newsletters' },
    { Name: 'StopProcessingRules', Value: 'True' },
  ]),
});
