import { guestTypes, userActions } from '@sallyport/contracts/conditional-access';
import type { ReactElement } from 'react';
import { ChooseSeveral } from '../../../shared/choices.tsx';
import { words } from '../../../shared/text.ts';
import { Picker } from '../Picker.tsx';
import { actionWords } from '../words.ts';
import { FilterField } from './FilterField.tsx';
import {
  Choose,
  flagList,
  flagText,
  orNone,
  Part,
  Sides,
  type Conditions,
  type FormProps,
  type Users,
} from './parts.tsx';

const guestWords: Readonly<Record<(typeof guestTypes)[number], string>> = {
  internalGuest: 'Local guests',
  b2bCollaborationGuest: 'B2B collaboration guests',
  b2bCollaborationMember: 'B2B collaboration members',
  b2bDirectConnectUser: 'B2B direct connect users',
  otherExternalUser: 'Other external users',
  serviceProvider: 'Service provider users',
};

type Who = 'all' | 'none' | 'some' | 'workloads';
const isWord = (id: string): boolean => id === 'All' || id === 'None';

const whoKind = ({ users, clientApplications }: Conditions): Who => {
  if (clientApplications) return 'workloads';
  if (users?.includeUsers?.includes('All')) return 'all';
  return users?.includeUsers?.includes('None') ? 'none' : 'some';
};

/** Users or workload identities. */
export function UsersPart({ policy, names, onChange }: FormProps): ReactElement {
  const { conditions } = policy;
  const users: Users = conditions.users ?? {};
  const kind = whoKind(conditions);
  const set = (change: Partial<Conditions>): void => onChange({ ...policy, conditions: { ...conditions, ...change } });
  const setUsers = (change: Partial<Users>): void => set({ users: { ...users, ...change } });
  const choose = (who: Who): void => {
    if (who === 'workloads')
      return set({
        users: undefined,
        clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] },
      });
    const none = { includeGroups: undefined, includeRoles: undefined, includeGuestsOrExternalUsers: undefined };
    const include: Partial<Users> =
      who === 'some'
        ? { includeUsers: orNone((users.includeUsers ?? []).filter((id) => !isWord(id))) }
        : { ...none, includeUsers: [who === 'all' ? 'All' : 'None'] };
    return set({ clientApplications: undefined, users: { ...users, ...include } });
  };
  const workloads = conditions.clientApplications;
  return (
    <Part title="Users or workload identities">
      <Choose
        label="What does it apply to?"
        options={[
          ['all', 'All users'],
          ['some', 'Selected users, groups, roles and guests'],
          ['none', 'Nobody'],
          ['workloads', 'Workload identities'],
        ]}
        value={kind}
        onChange={choose}
      />
      {workloads ? (
        <>
          <Picker
            label="Service principals"
            kind="application"
            names={names}
            hint="By id; ServicePrincipalsInMyTenant stands for all that are registered here"
            values={workloads.includeServicePrincipals ?? []}
            onChange={(ids) => set({ clientApplications: { ...workloads, includeServicePrincipals: orNone(ids) } })}
          />
          <Picker
            label="Excluded service principals"
            kind="application"
            names={names}
            values={workloads.excludeServicePrincipals ?? []}
            onChange={(ids) => set({ clientApplications: { ...workloads, excludeServicePrincipals: orNone(ids) } })}
          />
        </>
      ) : (
        <Sides
          include={
            kind === 'some' ? (
              <Lists side="include" users={users} names={names} onChange={setUsers} />
            ) : (
              <span>{kind === 'all' ? 'Everybody, guests too' : 'Nobody'}</span>
            )
          }
          exclude={<Lists side="exclude" users={users} names={names} onChange={setUsers} />}
        />
      )}
    </Part>
  );
}

function Lists(props: {
  side: 'include' | 'exclude';
  users: Users;
  names: FormProps['names'];
  onChange: (change: Partial<Users>) => void;
}): ReactElement {
  const { side, users, names, onChange } = props;
  const label = (what: string): string => (side === 'include' ? what : `Excluded ${what.toLowerCase()}`);
  const guests = side === 'include' ? users.includeGuestsOrExternalUsers : users.excludeGuestsOrExternalUsers;
  return (
    <>
      <Picker
        label={label('Users')}
        kind="user"
        names={names}
        values={(side === 'include' ? users.includeUsers : users.excludeUsers) ?? []}
        onChange={(ids) => onChange(side === 'include' ? { includeUsers: orNone(ids) } : { excludeUsers: orNone(ids) })}
      />
      <Picker
        label={label('Groups')}
        kind="group"
        names={names}
        values={(side === 'include' ? users.includeGroups : users.excludeGroups) ?? []}
        onChange={(ids) =>
          onChange(side === 'include' ? { includeGroups: orNone(ids) } : { excludeGroups: orNone(ids) })
        }
      />
      <Picker
        label={label('Roles')}
        kind="role"
        names={names}
        values={(side === 'include' ? users.includeRoles : users.excludeRoles) ?? []}
        onChange={(ids) => onChange(side === 'include' ? { includeRoles: orNone(ids) } : { excludeRoles: orNone(ids) })}
      />
      <ChooseSeveral
        label={label('Guests')}
        none="None"
        options={guestTypes}
        labelOf={(type) => guestWords[type]}
        values={flagList(guests?.guestOrExternalUserTypes, guestTypes)}
        onChange={(types) => {
          const value =
            types.length === 0
              ? undefined
              : {
                  guestOrExternalUserTypes: flagText(types),
                  externalTenants: guests?.externalTenants ?? { membershipKind: 'all' as const },
                };
          onChange(
            side === 'include' ? { includeGuestsOrExternalUsers: value } : { excludeGuestsOrExternalUsers: value },
          );
        }}
      />
    </>
  );
}

type Applications = Conditions['applications'];
type Target = 'all' | 'some' | 'none' | 'actions' | 'contexts';

const targetKind = (applications: Applications): Target => {
  if (applications.includeUserActions) return 'actions';
  if (applications.includeAuthenticationContextClassReferences) return 'contexts';
  if (applications.includeApplications?.includes('All')) return 'all';
  return applications.includeApplications?.includes('None') ? 'none' : 'some';
};

/** Cloud applications, user actions or authentication contexts. */
export function ResourcesPart({ policy, names, onChange }: FormProps): ReactElement {
  const { conditions } = policy;
  const { applications } = conditions;
  const kind = targetKind(applications);
  const set = (change: Applications): void =>
    onChange({ ...policy, conditions: { ...conditions, applications: change } });
  const choose = (target: Target): void => {
    const excluded = orNone(applications.excludeApplications ?? []);
    const kept = excluded ? { excludeApplications: excluded } : {};
    switch (target) {
      case 'all':
        return set({ ...kept, includeApplications: ['All'] });
      case 'none':
        return set({ includeApplications: ['None'] });
      case 'some':
        return set({
          ...kept,
          includeApplications: (applications.includeApplications ?? []).filter((id) => !isWord(id)),
        });
      case 'actions':
        return set({ includeUserActions: ['urn:user:registersecurityinfo'] });
      case 'contexts':
        return set({ includeAuthenticationContextClassReferences: [names.choices('context')[0]?.id ?? 'c1'] });
    }
  };
  return (
    <Part title="Target resources">
      <Choose
        label="What does it protect?"
        options={[
          ['all', 'All resources'],
          ['some', 'Selected resources'],
          ['none', 'None'],
          ['actions', 'User actions'],
          ['contexts', 'Authentication contexts'],
        ]}
        value={kind}
        onChange={choose}
      />
      {kind === 'actions' && (
        <ChooseSeveral
          label="User actions"
          none="None"
          options={userActions}
          labelOf={(action) => actionWords[action] ?? words(action)}
          values={applications.includeUserActions ?? []}
          onChange={(actions) => set({ includeUserActions: actions })}
        />
      )}
      {kind === 'contexts' && (
        <Picker
          label="Authentication contexts"
          kind="context"
          names={names}
          values={applications.includeAuthenticationContextClassReferences ?? []}
          onChange={(ids) => set({ includeAuthenticationContextClassReferences: ids })}
        />
      )}
      {(kind === 'all' || kind === 'some') && (
        <>
          <Sides
            include={
              kind === 'some' ? (
                <Picker
                  label="Resources"
                  kind="application"
                  names={names}
                  values={applications.includeApplications ?? []}
                  onChange={(ids) => set({ ...applications, includeApplications: ids })}
                />
              ) : (
                <span>Everything that people sign in to</span>
              )
            }
            exclude={
              <Picker
                label="Excluded resources"
                kind="application"
                names={names}
                values={applications.excludeApplications ?? []}
                onChange={(ids) => set({ ...applications, excludeApplications: orNone(ids) })}
              />
            }
          />
          <FilterField
            label="Filter for applications"
            placeholder={'CustomSecurityAttribute.Set_Level -eq "High"'}
            filter={applications.applicationFilter}
            onChange={(applicationFilter) => set({ ...applications, applicationFilter })}
          />
        </>
      )}
    </Part>
  );
}
