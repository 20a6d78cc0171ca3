import { Checkbox, Field, Input, makeStyles, Textarea, tokens } from '@fluentui/react-components';
import { NotAWorkbook, parseWorkbook, type Workbook } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ChangeEvent, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { useRefusal } from '../../shared/Refusable.tsx';
import { workbookQuery, workbooksQuery } from './queries.ts';

const useStyles = makeStyles({
  json: {
    '& textarea': {
      fontFamily: tokens.fontFamilyMonospace,
      fontSize: tokens.fontSizeBase200,
      minHeight: '280px',
      maxHeight: '50vh',
    },
  },
});

const beginning = JSON.stringify(
  {
    version: 'Notebook/1.0',
    items: [
      { type: 1, content: { json: '## New workbook' }, name: 'text' },
      {
        type: 9,
        content: {
          version: 'KqlParameterItem/1.0',
          parameters: [
            {
              name: 'TimeRange',
              type: 4,
              isRequired: true,
              value: { durationMs: 86_400_000 },
              typeSettings: {
                selectableValues: [{ durationMs: 3_600_000 }, { durationMs: 86_400_000 }, { durationMs: 604_800_000 }],
                allowCustom: true,
              },
            },
          ],
        },
        name: 'parameters',
      },
      {
        type: 3,
        content: {
          version: 'KqlItem/1.0',
          query: 'SecurityAlert\n| summarize Alerts = count() by AlertSeverity',
          size: 1,
          title: 'Alerts',
          timeContextFromParameter: 'TimeRange',
          queryType: 0,
          visualization: 'piechart',
        },
        name: 'alerts',
      },
    ],
  },
  null,
  2,
);

const faultOf = (json: string): string | undefined => {
  try {
    parseWorkbook(json);
    return undefined;
  } catch (error) {
    return error instanceof NotAWorkbook ? error.message : String(error);
  }
};

/** Adds a workbook, from a file or as text, or changes one. */
export function WorkbookDialog(props: {
  workbook?: Workbook;
  onClose: () => void;
  onDone: (id: string) => void;
}): ReactElement {
  const styles = useStyles();
  const { workbook } = props;
  const shareRefused = useRefusal('alerts.manage');
  const queries = useQueryClient();
  const [name, setName] = useState(workbook?.name ?? '');
  const [description, setDescription] = useState(workbook?.description ?? '');
  const [json, setJson] = useState(workbook?.document ?? beginning);
  const [shared, setShared] = useState(workbook?.kind === 'shared');
  const fault = faultOf(json);
  const save = useMutation({
    mutationFn: () =>
      workbook?.canChange
        ? client.updateWorkbook({
            params: { id: workbook.id },
            body: { version: workbook.version, name, description, document: json, shared },
          })
        : client.createWorkbook({ body: { name, description, document: json, shared } }),
    onSuccess: async (saved) => {
      queries.setQueryData(workbookQuery(saved.id).queryKey, saved);
      await queries.invalidateQueries({ queryKey: workbooksQuery.queryKey });
      props.onDone(saved.id);
    },
  });
  const take = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const file = event.target.files?.[0];
    if (!file) return;
    const text = await file.text();
    setJson(text);
    if (name === '') setName(file.name.replace(/\.(json|workbook)$/i, ''));
  };
  const verb = workbook ? (workbook.canChange ? 'Save' : 'Keep a copy') : 'Add';
  return (
    <FormDialog
      title={workbook ? (workbook.canChange ? 'Change workbook' : 'Copy workbook') : 'Add workbook'}
      submit={verb}
      ready={name.trim() !== '' && fault === undefined}
      busy={save.isPending}
      error={save.error}
      failed="It was not saved"
      wide
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
    >
      <Field label="Name" required>
        <Input value={name} maxLength={200} onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field label="What it shows">
        <Input value={description} maxLength={2_000} onChange={(_, { value }) => setDescription(value)} />
      </Field>
      <Field label="From a file" hint="A workbook of Sentinel or Azure Monitor, or the ARM template of one">
        <input
          type="file"
          aria-label="From a file"
          accept=".json,.workbook,application/json"
          onChange={(event) => void take(event)}
        />
      </Field>
      <Field label="JSON" {...(fault ? { validationState: 'error' as const, validationMessage: fault } : {})}>
        <Textarea className={styles.json} value={json} spellCheck={false} onChange={(_, { value }) => setJson(value)} />
      </Field>
      <Field {...(shareRefused === undefined ? {} : { hint: shareRefused })}>
        <Checkbox
          label="Everybody sees it"
          checked={shared}
          disabled={shareRefused !== undefined}
          onChange={(_, { checked }) => setShared(checked === true)}
        />
      </Field>
    </FormDialog>
  );
}
