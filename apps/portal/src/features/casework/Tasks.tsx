import {
  Checkbox,
  Field,
  Input,
  makeStyles,
  Menu,
  MenuList,
  MenuPopover,
  MenuTrigger,
  mergeClasses,
  Text,
  Textarea,
  tokens,
} from '@fluentui/react-components';
import {
  ArrowDownRegular,
  ArrowUpRegular,
  ClipboardTaskListLtrRegular,
  MoreHorizontalRegular,
} from '@fluentui/react-icons';
import { tasksMax, TaskStatus, type Task, type TaskChange, type WorkParent } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMe } from '../../shared/api.ts';
import { useNow } from '../../shared/hooks.ts';
import { PersonPicker } from '../../shared/PersonPicker.tsx';
import { RefusableButton, RefusableMenuItem, useRefusal } from '../../shared/Refusable.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { EmptyState, ErrorState, Loading } from '../../shared/States.tsx';
import { Status, type Tone } from '../../shared/Status.tsx';
import { visible, words } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { tasksQuery, taskTemplatesQuery } from './queries.ts';

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyleType: 'none', display: 'flex', flexDirection: 'column' },
  item: {
    display: 'grid',
    gridTemplateColumns: 'max-content minmax(0, 1fr) max-content',
    alignItems: 'start',
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalXS} 0`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
  },
  facts: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalM,
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
  },
  over: { textDecorationLine: 'line-through', color: tokens.colorNeutralForeground3 },
  late: { color: tokens.colorPaletteRedForeground1, fontWeight: tokens.fontWeightSemibold },
  text: { whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  actions: { display: 'flex', alignItems: 'center' },
  form: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(180px, 1fr))',
    gap: tokens.spacingHorizontalM,
    alignItems: 'end',
    maxWidth: '960px',
  },
  wide: { gridColumn: '1 / -1' },
});

const tones: Record<Task['status'], Tone> = {
  New: 'waiting',
  InProgress: 'working',
  Completed: 'good',
  Skipped: 'off',
};
export const isOpen = ({ status }: Pick<Task, 'status'>): boolean => status === 'New' || status === 'InProgress';

function TaskItem(props: {
  task: Task;
  why: string | undefined;
  first: boolean;
  last: boolean;
  onChange: (change: TaskChange) => void;
  onMove: (by: -1 | 1) => void;
  onDelete: () => void;
}): ReactElement {
  const styles = useStyles();
  const now = useNow();
  const me = useMe();
  const { task, why } = props;
  const late = isOpen(task) && task.dueAt !== null && Date.parse(task.dueAt) < now.getTime();
  return (
    <li className={styles.item}>
      <Checkbox
        aria-label={`Completed: ${visible(task.title)}`}
        disabled={why !== undefined}
        checked={task.status === 'Completed' ? true : task.status === 'InProgress' ? 'mixed' : false}
        onChange={() => props.onChange({ status: task.status === 'Completed' ? 'New' : 'Completed' })}
      />
      <div>
        <Text block weight="semibold" {...(isOpen(task) ? {} : { className: styles.over })}>
          {visible(task.title)}
        </Text>
        {task.description !== '' && <Text className={styles.text}>{visible(task.description, { lines: true })}</Text>}
        <div className={styles.facts}>
          <Status tone={tones[task.status]}>{words(task.status)}</Status>
          <span>{task.assignee === null ? 'Nobody’s' : <bdi>{visible(task.assignee)}</bdi>}</span>
          {task.dueAt !== null && (
            <span className={mergeClasses(late && styles.late)}>
              {late ? 'Late: due ' : 'Due '}
              <RelativeTime at={task.dueAt} />
            </span>
          )}
          {task.template !== null && <span>From “{visible(task.template)}”</span>}
        </div>
      </div>
      <div className={styles.actions}>
        <RefusableButton
          why={why}
          size="small"
          appearance="subtle"
          icon={<ArrowUpRegular />}
          aria-label={`Move up: ${visible(task.title)}`}
          disabled={props.first}
          onClick={() => props.onMove(-1)}
        />
        <RefusableButton
          why={why}
          size="small"
          appearance="subtle"
          icon={<ArrowDownRegular />}
          aria-label={`Move down: ${visible(task.title)}`}
          disabled={props.last}
          onClick={() => props.onMove(1)}
        />
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <RefusableButton
              why={why}
              size="small"
              appearance="subtle"
              icon={<MoreHorizontalRegular />}
              aria-label={`More for ${visible(task.title)}`}
            />
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {TaskStatus.options
                .filter((status) => status !== task.status)
                .map((status) => (
                  <RefusableMenuItem why={why} key={status} onClick={() => props.onChange({ status })}>
                    Set to {words(status).toLowerCase()}
                  </RefusableMenuItem>
                ))}
              <RefusableMenuItem why={why} onClick={() => props.onChange({ assignee: me.userPrincipalName })}>
                Assign to me
              </RefusableMenuItem>
              <RefusableMenuItem
                why={why}
                disabled={task.assignee === null}
                onClick={() => props.onChange({ assignee: null })}
              >
                Unassign
              </RefusableMenuItem>
              <RefusableMenuItem why={why} onClick={props.onDelete}>
                Delete
              </RefusableMenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      </div>
    </li>
  );
}

function NewTask({ parent }: { parent: WorkParent }): ReactElement {
  const why = useRefusal('createTask');
  const styles = useStyles();
  const queries = useQueryClient();
  const [title, setTitle] = useState('');
  const [description, setDescription] = useState('');
  const [assignee, setAssignee] = useState<string | null>(null);
  const [due, setDue] = useState('');
  const add = useMutation({
    mutationFn: () =>
      client.createTask({
        body: {
          parent,
          title: title.trim(),
          description,
          assignee,
          dueAt: due === '' ? null : new Date(due).toISOString(),
        },
      }),
    onSuccess: () => {
      setTitle('');
      setDescription('');
      setDue('');
      void queries.invalidateQueries({ queryKey: tasksQuery(parent).queryKey });
      void queries.invalidateQueries({ queryKey: [parent.kind, parent.number] });
    },
  });
  const ready = title.trim() !== '' && !add.isPending;
  return (
    <form
      className={styles.form}
      aria-label="New task"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) add.mutate();
      }}
    >
      <Field label="Task" className={styles.wide}>
        <Input
          disabled={why !== undefined}
          value={title}
          maxLength={150}
          onChange={(_, data) => setTitle(data.value)}
        />
      </Field>
      {title !== '' && (
        <>
          <Field label="Details" className={styles.wide}>
            <Textarea value={description} maxLength={3_000} onChange={(_, data) => setDescription(data.value)} />
          </Field>
          <Field label="For">
            <PersonPicker label="For" value={assignee} onChange={setAssignee} />
          </Field>
          <Field label="Due">
            <Input type="datetime-local" value={due} onChange={(_, data) => setDue(data.value)} />
          </Field>
        </>
      )}
      <RefusableButton why={why} type="submit" disabled={!ready}>
        Add task
      </RefusableButton>
      {add.error && <ErrorState error={add.error} title="The task was not added" kept="What you wrote is kept." />}
    </form>
  );
}

/** Tasks of an incident or case, in their order. */
export function Tasks({ parent }: { parent: WorkParent }): ReactElement {
  const styles = useStyles();
  const why = useRefusal('updateTask', 'createTask', 'orderTasks', 'deleteTask', 'applyTaskTemplate');
  const queries = useQueryClient();
  const notify = useNotify();
  const { data: tasks, error, refetch } = useQuery(tasksQuery(parent));
  const templates = useQuery({ ...taskTemplatesQuery, enabled: why === undefined }).data ?? [];
  const renew = (): void => {
    void queries.invalidateQueries({ queryKey: tasksQuery(parent).queryKey });
    void queries.invalidateQueries({ queryKey: [parent.kind, parent.number] });
  };
  const act = useMutation({
    mutationFn: (run: () => Promise<unknown>) => run(),
    onSuccess: renew,
    onError: (failure) => {
      notify.failed('The tasks are as they were', failure);
      renew();
    },
  });
  const move = (index: number, by: -1 | 1): void => {
    if (!tasks) return;
    const ids = tasks.map(({ id }) => id);
    const [moved] = ids.splice(index, 1);
    if (moved === undefined) return;
    ids.splice(index + by, 0, moved);
    act.mutate(() => client.orderTasks({ body: { parent, ids } }));
  };
  const remove = (task: Task): void =>
    act.mutate(async () => {
      await client.deleteTask({ params: { id: task.id } });
      notify.done(`“${visible(task.title)}” is deleted`, () => {
        const { title, description, status, assignee, dueAt } = task;
        act.mutate(() => client.createTask({ body: { parent, title, description, status, assignee, dueAt } }));
      });
    });
  const done = tasks?.filter((task) => !isOpen(task)).length ?? 0;
  return (
    <Section
      title={tasks && tasks.length > 0 ? `Tasks, ${done} of ${tasks.length} done` : 'Tasks'}
      card
      actions={
        templates.length > 0 && (
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <RefusableButton why={why} size="small">
                From a template
              </RefusableButton>
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                {templates.map((template) => (
                  <RefusableMenuItem
                    why={why}
                    key={template.id}
                    onClick={() =>
                      act.mutate(() => client.applyTaskTemplate({ params: { id: template.id }, body: { parent } }))
                    }
                  >
                    {visible(template.name)} ({template.tasks.length})
                  </RefusableMenuItem>
                ))}
              </MenuList>
            </MenuPopover>
          </Menu>
        )
      }
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!tasks && !error && <Loading rows={4} label="Loading tasks" />}
      {tasks?.length === 0 && (
        <EmptyState icon={<ClipboardTaskListLtrRegular />} title="No tasks">
          Steps that someone has to take, each with a person and a time. Templates under System give them to incidents
          of a rule by themselves.
        </EmptyState>
      )}
      {tasks && tasks.length > 0 && (
        <ol className={styles.list} aria-label="Tasks">
          {tasks.map((task, index) => (
            <TaskItem
              key={task.id}
              task={task}
              why={why}
              first={index === 0}
              last={index === tasks.length - 1}
              onChange={(change) => act.mutate(() => client.updateTask({ params: { id: task.id }, body: change }))}
              onMove={(by) => move(index, by)}
              onDelete={() => remove(task)}
            />
          ))}
        </ol>
      )}
      {(tasks?.length ?? 0) < tasksMax && <NewTask parent={parent} />}
    </Section>
  );
}
