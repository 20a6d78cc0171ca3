import { Button, Checkbox, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import type { ApprovalSettings, ApprovalStage, PolicyRule, SubjectSet } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ChooseOne, ChooseSeveral } from '../../shared/choices.tsx';
import { FieldPair } from '../../shared/FormDialog.tsx';

const STAGES_MAX = 3;
const modes = { SingleStage: 'One stage', Serial: 'Stages one after the other', Parallel: 'Stages at once' } as const;
type Mode = keyof typeof modes;
const modesOf: readonly Mode[] = ['SingleStage', 'Serial', 'Parallel'];
const newStage: ApprovalStage = {
  approvalStageTimeOutInDays: 1,
  isApproverJustificationRequired: true,
  escalationTimeInMinutes: 0,
  isEscalationEnabled: false,
  primaryApprovers: [],
  escalationApprovers: [],
};

const useStyles = makeStyles({
  stage: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: tokens.spacingHorizontalM,
    margin: 0,
    minWidth: 0,
  },
  legend: { fontWeight: tokens.fontWeightSemibold, padding: `0 ${tokens.spacingHorizontalXS}` },
  bar: { display: 'flex', gap: tokens.spacingHorizontalS },
});

const keyOf = (subject: SubjectSet): string =>
  'userId' in subject ? `user:${subject.userId}` : 'groupId' in subject ? `group:${subject.groupId}` : `manager:${subject.managerLevel}`; // prettier-ignore
function subjectOf(key: string): SubjectSet {
  const [kind = '', id = ''] = key.split(':');
  if (kind === 'user') return { '@odata.type': '#microsoft.graph.singleUser', userId: id };
  if (kind === 'group') return { '@odata.type': '#microsoft.graph.groupMembers', groupId: id };
  return { '@odata.type': '#microsoft.graph.requestorManager', managerLevel: Number(id) };
}
const managerNames: Readonly<Record<string, string>> = { 'manager:1': 'Their manager', 'manager:2': 'Their manager’s manager' }; // prettier-ignore

/** Who can approve, by what a rule keeps of them. */
function useApprovers() {
  const people = useQuery({
    queryKey: ['privileged-access', 'approvers'],
    queryFn: ({ signal }) => client.listDirectoryPeople({ signal, query: {} }),
  });
  const groups = useQuery({
    queryKey: ['privileged-access', 'approver-groups'],
    queryFn: ({ signal }) => client.listDirectoryGroups({ signal }),
  });
  const names = new Map<string, string>([
    ...Object.entries(managerNames),
    ...(groups.data?.groups ?? []).map(({ id, name }) => [`group:${id}`, name] as const),
    ...(people.data?.people ?? []).map((one) => [`user:${one.id}`, one.userPrincipalName] as const),
  ]);
  return { keys: [...names.keys()], nameOf: (key: string): string => names.get(key) ?? key };
}
type Approvers = ReturnType<typeof useApprovers>;

/** Whether others approve an activation, in which stages, and who. */
export function ApprovalFields({
  rule,
  onChange,
}: {
  rule: PolicyRule | undefined;
  onChange: (rule: PolicyRule) => void;
}): ReactElement | null {
  const styles = useStyles();
  const approvers = useApprovers();
  if (!rule || !('setting' in rule)) return null;
  const { setting } = rule;
  const set = (more: Partial<ApprovalSettings>): void => onChange({ ...rule, setting: { ...setting, ...more } });
  const stages = setting.approvalStages;
  const mode = modesOf.find((one) => one === setting.approvalMode) ?? 'SingleStage';
  const shown = mode === 'SingleStage' ? stages.slice(0, 1) : stages;
  return (
    <>
      <Checkbox
        label="Others approve each activation"
        checked={setting.isApprovalRequired}
        onChange={(_, { checked }) =>
          set({
            isApprovalRequired: checked === true,
            approvalMode: mode,
            approvalStages: stages.length === 0 ? [newStage] : stages,
          })
        }
      />
      {setting.isApprovalRequired && (
        <>
          <ChooseOne
            label="Stages"
            options={modesOf}
            labelOf={(one) => modes[one]}
            value={mode}
            onChange={
              (next) =>
              set({ approvalMode: next, approvalStages: next !== 'SingleStage' && stages.length < 2 ? [...stages, newStage] : stages }) // prettier-ignore
            }
          />
          {shown.map((stage, i) => (
            // Stages have no identity but their place.
            // oxlint-disable-next-line react/no-array-index-key
            <fieldset key={i} className={styles.stage}>
              <legend className={styles.legend}>{mode === 'SingleStage' ? 'Approval' : `Stage ${i + 1}`}</legend>
              <StageFields
                stage={stage}
                approvers={approvers}
                onChange={(next) => set({ approvalStages: stages.map((one, at) => (at === i ? next : one)) })}
              />
              {mode !== 'SingleStage' && stages.length > 1 && (
                <div className={styles.bar}>
                  <Button
                    size="small"
                    appearance="subtle"
                    onClick={() => set({ approvalStages: stages.filter((_, at) => at !== i) })}
                  >
                    Remove stage {i + 1}
                  </Button>
                </div>
              )}
            </fieldset>
          ))}
          {mode !== 'SingleStage' && stages.length < STAGES_MAX && (
            <div className={styles.bar}>
              <Button size="small" onClick={() => set({ approvalStages: [...stages, newStage] })}>
                Add stage
              </Button>
            </div>
          )}
        </>
      )}
    </>
  );
}

function StageFields({
  stage,
  approvers: { keys, nameOf },
  onChange,
}: {
  stage: ApprovalStage;
  approvers: Approvers;
  onChange: (stage: ApprovalStage) => void;
}): ReactElement {
  const choose = (label: string, hint: string, none: string, of: 'primaryApprovers' | 'escalationApprovers') => {
    const values = stage[of].map(keyOf);
    return (
      <ChooseSeveral
        label={label}
        hint={hint}
        none={none}
        options={[...new Set([...keys, ...values])]}
        labelOf={nameOf}
        values={values}
        onChange={(next) => onChange({ ...stage, [of]: next.map(subjectOf) })}
      />
    );
  };
  return (
    <>
      {choose('Approvers', 'One of them decides', 'Whoever manages authorization', 'primaryApprovers')}
      <FieldPair>
        <Field label="Days until it is denied" hint="1 to 14">
          <Input
            type="number"
            min={1}
            max={14}
            value={String(stage.approvalStageTimeOutInDays)}
            onChange={(_, { value }) => onChange({ ...stage, approvalStageTimeOutInDays: Number(value) })}
          />
        </Field>
        <Checkbox
          label="Approvers say why"
          checked={stage.isApproverJustificationRequired}
          onChange={(_, { checked }) => onChange({ ...stage, isApproverJustificationRequired: checked === true })}
        />
      </FieldPair>
      <Checkbox
        label="Others may decide as well when nobody has"
        checked={stage.isEscalationEnabled}
        onChange={(_, { checked }) =>
          onChange({
            ...stage,
            isEscalationEnabled: checked === true,
            escalationTimeInMinutes: checked === true ? stage.escalationTimeInMinutes || 60 : 0,
          })
        }
      />
      {stage.isEscalationEnabled && (
        <FieldPair>
          {choose('Who then', 'As well as the approvers', 'Whoever manages authorization', 'escalationApprovers')}
          <Field label="After minutes" hint="1 to 20,160">
            <Input
              type="number"
              min={1}
              max={20_160}
              value={String(stage.escalationTimeInMinutes)}
              onChange={(_, { value }) => onChange({ ...stage, escalationTimeInMinutes: Number(value) })}
            />
          </Field>
        </FieldPair>
      )}
    </>
  );
}
