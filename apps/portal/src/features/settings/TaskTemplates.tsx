import { Checkbox, Field, Input, makeStyles, Text, Textarea, tokens } from '@fluentui/react-components';
import { AddRegular, ClipboardTaskListLtrRegular } from '@fluentui/react-icons';
import { Severity as SeverityEnum, type Severity, type TaskTemplate } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { ChooseSeveral } from '../../shared/choices.tsx';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { taskTemplatesQuery } from '../casework/queries.ts';
import { rulesQuery } from '../rules/queries.ts';
import { asLines, taskLines } from './task-lines.ts';

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyleType: 'none' },
  item: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalXS} 0`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
  },
  grow: { flexGrow: 1, minWidth: 0 },
});

function TemplateDialog({
  template,
  onClose,
}: {
  template: TaskTemplate | undefined;
  onClose: () => void;
}): ReactElement {
  const queries = useQueryClient();
  const rules = useQuery(rulesQuery).data?.rules ?? [];
  const [name, setName] = useState(template?.name ?? '');
  const [enabled, setEnabled] = useState(template?.enabled ?? true);
  const [ruleIds, setRuleIds] = useState<readonly string[]>(template?.ruleIds ?? []);
  const [severities, setSeverities] = useState<readonly Severity[]>(template?.severities ?? []);
  const [lines, setLines] = useState(asLines(template?.tasks ?? []));
  const tasks = taskLines(lines);
  const save = useMutation({
    mutationFn: () =>
      client.saveTaskTemplate({
        params: { id: template?.id ?? crypto.randomUUID() },
        body: {
          name: name.trim(),
          enabled,
          ruleIds: [...ruleIds],
          severities: [...severities],
          // What a task says beyond its title stays with it.
          tasks: tasks.map((task) => ({
            ...task,
            description: template?.tasks.find(({ title }) => title === task.title)?.description ?? '',
          })),
        },
      }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: taskTemplatesQuery.queryKey });
      onClose();
    },
  });
  return (
    <FormDialog
      title={template ? 'Change the template' : 'New task template'}
      submit="Save"
      ready={name.trim() !== '' && tasks.length > 0}
      busy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required>
        <Input value={name} maxLength={100} onChange={(_, data) => setName(data.value)} />
      </Field>
      <ChooseSeveral
        label="Incidents of these rules"
        hint="None chosen: of every rule"
        none="Every rule"
        options={rules.map(({ id }) => id)}
        labelOf={(id) => rules.find((rule) => rule.id === id)?.name ?? id}
        values={ruleIds}
        onChange={setRuleIds}
      />
      <ChooseSeveral
        label="Of these severities"
        hint="None chosen: of any"
        none="Any severity"
        options={SeverityEnum.options}
        values={severities}
        onChange={setSeverities}
      />
      <Field label="Tasks" required hint="One a line; a time behind it says when it is due: Isolate the device (4 h)">
        <Textarea value={lines} rows={8} resize="vertical" onChange={(_, data) => setLines(data.value)} />
      </Field>
      <Checkbox
        label="New incidents get these tasks by themselves"
        checked={enabled}
        onChange={(_, data) => setEnabled(data.checked === true)}
      />
    </FormDialog>
  );
}

/** Lists of tasks that incidents get by themselves. */
export function TaskTemplates(): ReactElement {
  const styles = useStyles();
  const why = useRefusal('saveTaskTemplate', 'deleteTaskTemplate');
  const queries = useQueryClient();
  const notify = useNotify();
  const { data, error, refetch } = useQuery(taskTemplatesQuery);
  const [editing, setEditing] = useState<TaskTemplate | 'new'>();
  const remove = useMutation({
    mutationFn: (template: TaskTemplate) => client.deleteTaskTemplate({ params: { id: template.id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: taskTemplatesQuery.queryKey }),
    onError: (failure) => notify.failed('The template was not deleted', failure),
  });
  return (
    <Section
      title="Task templates"
      card
      actions={
        <RefusableButton why={why} size="small" icon={<AddRegular />} onClick={() => setEditing('new')}>
          New template
        </RefusableButton>
      }
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={3} />}
      {data?.length === 0 && (
        <EmptyState icon={<ClipboardTaskListLtrRegular />} title="No templates">
          What has always to be done when a rule fires, as tasks that its incidents get by themselves.
        </EmptyState>
      )}
      <ul className={styles.list} aria-label="Task templates">
        {data?.map((template) => (
          <li key={template.id} className={styles.item}>
            <span className={styles.grow}>
              <Text weight="semibold">{visible(template.name)}</Text>{' '}
              <Text size={200}>
                {plural(template.tasks.length, 'task')};{' '}
                {template.ruleIds.length === 0 ? 'every rule' : plural(template.ruleIds.length, 'rule')};{' '}
                {template.severities.length === 0 ? 'any severity' : template.severities.join(', ')}
                {template.enabled ? '' : '; by hand only'}
              </Text>
            </span>

            <RefusableButton why={why} size="small" appearance="subtle" onClick={() => setEditing(template)}>
              Edit
            </RefusableButton>
            <ConfirmAction
              why={why}
              label="Delete"
              title={`Delete the template “${visible(template.name)}”?`}
              disabled={remove.isPending}
              onConfirm={() => remove.mutate(template)}
            >
              Tasks that were made from it stay.
            </ConfirmAction>
          </li>
        ))}
      </ul>
      {editing && (
        <TemplateDialog template={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      )}
    </Section>
  );
}
