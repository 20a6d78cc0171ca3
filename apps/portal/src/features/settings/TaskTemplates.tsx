import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Dropdown,
  Field,
  Input,
  makeStyles,
  Option,
  Text,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import { AddRegular, ClipboardTaskListLtrRegular } from '@fluentui/react-icons';
import { Severity as SeverityEnum, type TaskTemplate } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMay } from '../../shared/api.ts';
import { ConfirmAction } from '../../shared/ConfirmAction.tsx';
import { plural } from '../../shared/numbers.ts';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { taskTemplatesQuery } from '../casework/queries.ts';
import { rulesQuery } from '../rules/queries.ts';
import { asLines, taskLines } from './task-lines.ts';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
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
  const styles = useStyles();
  const queries = useQueryClient();
  const rules = useQuery(rulesQuery).data?.rules ?? [];
  const [name, setName] = useState(template?.name ?? '');
  const [enabled, setEnabled] = useState(template?.enabled ?? true);
  const [ruleIds, setRuleIds] = useState<readonly string[]>(template?.ruleIds ?? []);
  const [severities, setSeverities] = useState<readonly string[]>(template?.severities ?? []);
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
          severities: SeverityEnum.options.filter((one) => severities.includes(one)),
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
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{template ? 'Change the template' : 'New task template'}</DialogTitle>
          <DialogContent className={styles.form}>
            <Field label="Name" required>
              <Input value={name} maxLength={100} onChange={(_, data) => setName(data.value)} />
            </Field>
            <Field label="Incidents of these rules" hint="None chosen: of every rule">
              <Dropdown
                multiselect
                aria-label="Incidents of these rules"
                placeholder="Every rule"
                value={ruleIds.length === 0 ? '' : plural(ruleIds.length, 'rule')}
                selectedOptions={[...ruleIds]}
                onOptionSelect={(_, data) => setRuleIds(data.selectedOptions)}
              >
                {rules.map((rule) => (
                  <Option key={rule.id} value={rule.id} text={rule.name}>
                    {visible(rule.name)}
                  </Option>
                ))}
              </Dropdown>
            </Field>
            <Field label="Of these severities" hint="None chosen: of any">
              <Dropdown
                multiselect
                aria-label="Of these severities"
                placeholder="Any severity"
                value={severities.join(', ')}
                selectedOptions={[...severities]}
                onOptionSelect={(_, data) => setSeverities(data.selectedOptions)}
              >
                {SeverityEnum.options.map((one) => (
                  <Option key={one}>{one}</Option>
                ))}
              </Dropdown>
            </Field>
            <Field
              label="Tasks"
              required
              hint="One a line; a time behind it says when it is due: Isolate the device (4 h)"
            >
              <Textarea value={lines} rows={8} resize="vertical" onChange={(_, data) => setLines(data.value)} />
            </Field>
            <Checkbox
              label="New incidents get these tasks by themselves"
              checked={enabled}
              onChange={(_, data) => setEnabled(data.checked === true)}
            />
            {save.error && <ErrorState error={save.error} title="Nothing was saved" />}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              appearance="primary"
              disabled={name.trim() === '' || tasks.length === 0 || save.isPending}
              onClick={() => save.mutate()}
            >
              Save
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

/** Lists of tasks that incidents get by themselves. */
export function TaskTemplates(): ReactElement {
  const styles = useStyles();
  const may = useMay('detectionTuning.manage');
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
        may && (
          <Button size="small" icon={<AddRegular />} onClick={() => setEditing('new')}>
            New template
          </Button>
        )
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
            {may && (
              <>
                <Button size="small" appearance="subtle" onClick={() => setEditing(template)}>
                  Edit
                </Button>
                <ConfirmAction
                  label="Delete"
                  title={`Delete the template “${visible(template.name)}”?`}
                  disabled={remove.isPending}
                  onConfirm={() => remove.mutate(template)}
                >
                  Tasks that were made from it stay.
                </ConfirmAction>
              </>
            )}
          </li>
        ))}
      </ul>
      {editing && (
        <TemplateDialog template={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      )}
    </Section>
  );
}
