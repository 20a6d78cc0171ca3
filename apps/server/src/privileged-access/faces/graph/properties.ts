import { PrivilegedAction, PrivilegedStatus } from '@sallyport/contracts';
import type { Properties, Property } from '../../../platform/odata/index.ts';

const text = (sql: string): Property => ({ sql, type: 'string' });
const time = (sql: string, nullable = false): Property => ({
  sql,
  type: 'datetime',
  ...(nullable ? { nullable: true } : {}),
});

const common = {
  id: text('r.id::text'),
  principalId: text('r.principal_id::text'),
  roleDefinitionId: text('r.target_id::text'),
  directoryScopeId: text('r.scope_id'),
} as const;

export const requestProperties: Properties = {
  single: {
    ...common,
    action: { sql: 'r.action', type: 'string', values: PrivilegedAction.options },
    status: { sql: 'r.status', type: 'string', values: PrivilegedStatus.options },
    createdDateTime: time('r.created_at'),
    completedDateTime: time('r.completed_at', true),
    targetScheduleId: text(`coalesce(r.assignment_id::text, '')`),
  },
};
export const scheduleProperties: Properties = {
  single: {
    ...common,
    createdDateTime: time('r.created_at'),
    assignmentType: { sql: 'r.assignment_type', type: 'string', values: ['Assigned', 'Activated'] },
    memberType: text(`CASE WHEN r.principal_type = 'group' THEN 'Group' ELSE 'Direct' END`),
    status: text(`CASE WHEN r.removed_at IS NULL THEN 'Provisioned' ELSE 'Revoked' END`),
  },
};
export const instanceProperties: Properties = {
  single: {
    ...scheduleProperties.single,
    startDateTime: time('r.starts_at'),
    endDateTime: time('r.ends_at', true),
  },
};

const ofGroup = ({ single }: Properties): Properties => {
  const { roleDefinitionId: _role, directoryScopeId: _scope, ...rest } = single;
  return {
    single: {
      ...rest,
      groupId: text('r.target_id::text'),
      accessId: { sql: 'r.access', type: 'string', values: ['member', 'owner'] },
    },
  };
};
export const groupRequestProperties = ofGroup(requestProperties);
export const groupScheduleProperties = ofGroup(scheduleProperties);
export const groupInstanceProperties = ofGroup(instanceProperties);
