import type { DirectoryGroup } from '../directory/store.ts';
import { scimError } from './errors.ts';
import { groupSchema, metaOf, operationsOf } from './user-form.ts';

/** What SCIM says of a group. */
export interface GroupDraft {
  displayName?: string;
  externalId?: string | null;
  /** All of them anew. */
  members?: string[];
  readonly added: string[];
  readonly removed: string[];
}

const memberIds = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]).map((one: unknown) => {
    const id = typeof one === 'string' ? one : typeof one === 'object' && one !== null && 'value' in one ? one.value : undefined; // prettier-ignore
    if (typeof id !== 'string' || id === '') throw scimError('invalidValue', 'a member is `{ "value": "<id>" }`');
    return id;
  });

function set(draft: GroupDraft, name: string, value: unknown): void {
  switch (name.toLowerCase()) {
    case 'displayname':
      if (typeof value !== 'string' || value.trim() === '')
        throw scimError('invalidValue', '`displayName` takes a text');
      draft.displayName = value;
      return;
    case 'externalid':
      draft.externalId = typeof value === 'string' && value !== '' ? value : null;
      return;
    case 'members':
      draft.members = memberIds(value);
      return;
    case 'schemas':
    case 'id':
    case 'meta':
      return;
    default:
      throw scimError('invalidPath', `there is no attribute \`${name.slice(0, 200)}\``);
  }
}

export function groupDraftOfResource(body: Readonly<Record<string, unknown>>): GroupDraft {
  const draft: GroupDraft = { added: [], removed: [] };
  for (const [name, value] of Object.entries(body)) set(draft, name, value);
  return draft;
}

const oneMember = /^members\[value eq "([^"]{1,128})"\](?:\.value)?$/i;

export function groupDraftOfPatch(body: Readonly<Record<string, unknown>>): GroupDraft {
  const draft: GroupDraft = { added: [], removed: [] };
  for (const { op, path, value } of operationsOf(body)) {
    const member = path === undefined ? undefined : oneMember.exec(path)?.[1];
    if (member !== undefined) {
      if (op !== 'remove') throw scimError('mutability', 'a member is added or removed, not changed');
      draft.removed.push(member);
    } else if (path?.toLowerCase() === 'members' && op === 'add') draft.added.push(...memberIds(value));
    else if (path?.toLowerCase() === 'members' && op === 'remove') {
      // Without a value all go; with one, those that it names, as Entra ID writes it.
      if (value === undefined || value === null) draft.members = [];
      else draft.removed.push(...memberIds(value));
    } else if (path !== undefined) set(draft, path, op === 'remove' ? null : value);
    else
      for (const [name, part] of Object.entries((value ?? {}) as Record<string, unknown>))
        if (op === 'add' && name.toLowerCase() === 'members') draft.added.push(...memberIds(part));
        else set(draft, name, part);
  }
  return draft;
}

export interface Member {
  readonly id: string;
  readonly name: string;
}

export const groupForm = (group: DirectoryGroup, members: readonly Member[] | undefined, base: string) => ({
  schemas: [groupSchema],
  id: group.id,
  ...(group.externalId === null ? {} : { externalId: group.externalId }),
  displayName: group.name,
  ...(members === undefined
    ? {}
    : { members: members.map(({ id, name }) => ({ value: id, display: name, type: 'User', $ref: `${base}/Users/${id}` })) }), // prettier-ignore
  meta: metaOf('Group', group, `${base}/Groups/${group.id}`),
});
