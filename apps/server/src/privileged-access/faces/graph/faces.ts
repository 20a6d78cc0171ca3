import type { Face } from './schedules.ts';
import { allRoles } from '../../roles.ts';
import { groupInstanceForm, groupRequestForm, groupScheduleForm, instanceForm, requestForm, roleForm, scheduleForm } from './forms.ts'; // prettier-ignore
import {
  groupInstanceProperties,
  groupRequestProperties,
  groupScheduleProperties,
  instanceProperties,
  requestProperties,
  scheduleProperties,
} from './properties.ts';
import { groupWishOf, roleWishOf } from './wish.ts';

export const roleFace: Face = {
  root: 'roleManagement/directory',
  type: 'role',
  names: { active: 'roleAssignment', eligible: 'roleEligibility' },
  properties: { request: requestProperties, schedule: scheduleProperties, instance: instanceProperties },
  forms: { request: requestForm, schedule: scheduleForm, instance: instanceForm },
  wishOf: roleWishOf,
  expand: async (db, _rows, wants) => {
    const roles = wants('roleDefinition') ? new Map((await allRoles(db)).map((role) => [role.id, role])) : undefined;
    return (row) => {
      const role = roles?.get(row.target_id);
      return {
        ...(roles ? { roleDefinition: role ? roleForm(role) : null } : {}),
        ...(wants('directoryScope') ? { directoryScope: { id: row.scope_id } } : {}),
      };
    };
  },
};

export const groupFace: Face = {
  root: 'identityGovernance/privilegedAccess/group',
  type: 'group',
  names: { active: 'assignment', eligible: 'eligibility' },
  properties: {
    request: groupRequestProperties,
    schedule: groupScheduleProperties,
    instance: groupInstanceProperties,
  },
  forms: { request: groupRequestForm, schedule: groupScheduleForm, instance: groupInstanceForm },
  wishOf: groupWishOf,
  expand: async (db, rows, wants) => {
    const groups = wants('group')
      ? await db.query<{ id: string; name: string }>('SELECT id, name FROM groups WHERE id = ANY($1::uuid[])', [
          rows.map(({ target_id: id }) => id),
        ])
      : undefined;
    return (row) => {
      const group = groups?.find(({ id }) => id === row.target_id);
      return groups ? { group: group ? { id: group.id, displayName: group.name } : null } : {};
    };
  },
};
