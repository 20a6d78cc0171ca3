import { Button, Field, Input, makeStyles, ProgressBar, Select, Textarea, tokens } from '@fluentui/react-components';
import type { Exception, ExceptionScope } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client, useMe } from '../../shared/api.ts';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { PreviewFacts } from './PreviewFacts.tsx';

const useStyles = makeStyles({
  code: { fontFamily: tokens.fontFamilyMonospace },
});

/** What is proposed, or given by the page that it is made on. */
export interface ExceptionDraft {
  readonly scope: ExceptionScope;
  readonly target: string;
  readonly targetName?: string;
  readonly name?: string;
  readonly condition?: string;
  readonly reason?: string;
}

const scopes: Record<ExceptionScope, string> = {
  rule: 'One rule',
  table: 'All rules over a table',
  global: 'All rules',
};
const lives = { '30': '30 days', '90': '90 days', '365': 'a year', '': 'no end' } as const;
const dayMs = 86_400_000;

/** Makes an exception, or changes one. What it would have left out is shown before it is saved. */
export function ExceptionDialog(props: {
  draft: ExceptionDraft;
  exception?: Exception;
  onClose: () => void;
}): ReactElement {
  const { draft, exception } = props;
  const styles = useStyles();
  const me = useMe();
  const notify = useNotify();
  const queries = useQueryClient();
  const [scope, setScope] = useState(draft.scope);
  const [target, setTarget] = useState(draft.target);
  const [name, setName] = useState(exception?.name ?? draft.name ?? '');
  const [condition, setCondition] = useState(exception?.condition ?? draft.condition ?? '');
  const [reason, setReason] = useState(exception?.reason ?? draft.reason ?? '');
  const [owner, setOwner] = useState(exception?.owner ?? me.userPrincipalName);
  const [days, setDays] = useState<string>(exception ? 'as it is' : '90');
  const place = { scope, target: scope === 'global' ? null : target.trim() };
  const preview = useMutation({
    mutationFn: () => client.previewException({ body: { ...place, condition } }),
  });
  const save = useMutation({
    mutationFn: () => {
      const expiresAt = days === '' ? null : new Date(Date.now() + Number(days) * dayMs).toISOString();
      const stated = { name, condition, reason, owner };
      return exception
        ? client.updateException({
            params: { id: exception.id },
            body: { ...stated, ...(days === 'as it is' ? {} : { expiresAt }) },
          })
        : client.createException({ body: { ...place, ...stated, expiresAt } });
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['exceptions'] });
      notify.done(`The exception “${visible(name)}” applies`);
      props.onClose();
    },
  });
  const asked = condition.trim() !== '' && (scope === 'global' || target.trim() !== '');
  const ready = asked && name.trim().length >= 3 && reason.trim().length >= 3 && owner.trim() !== '';
  return (
    <FormDialog
      title={exception ? 'Change the exception' : 'New exception'}
      submit={exception ? 'Save' : 'Create'}
      ready={ready}
      busy={save.isPending}
      error={save.error}
      wide
      beside={
        <Button disabled={!asked || preview.isPending} onClick={() => preview.mutate()}>
          Preview
        </Button>
      }
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
    >
      <FieldPair>
        <Field label="Applies to">
          <Select
            value={scope}
            disabled={exception !== undefined}
            onChange={(_, { value }) => {
              const next = value === 'table' || value === 'global' ? value : 'rule';
              setScope(next);
              setTarget(next === draft.scope ? draft.target : '');
            }}
          >
            {Object.entries(scopes).map(([id, label]) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
        {scope !== 'global' && (
          <Field label={scope === 'rule' ? 'Rule' : 'Table'} required>
            {scope === 'rule' && draft.targetName !== undefined ? (
              <Input value={visible(draft.targetName)} readOnly />
            ) : (
              <Input
                value={target}
                readOnly={exception !== undefined}
                placeholder={scope === 'rule' ? 'The rule’s id' : 'SigninLogs'}
                onChange={(_, { value }) => setTarget(value)}
              />
            )}
          </Field>
        )}
      </FieldPair>
      <Field
        label="Rows that raise no alert"
        required
        hint="KQL, as behind where: Account_Name =~ 'svc-backup' and IP_Address startswith '10.1.'. Columns of the rule’s rows, or its entities as Account_Name, IP_Address, Host_HostName"
      >
        <Textarea
          className={styles.code}
          textarea={{ className: styles.code, 'aria-label': 'Rows that raise no alert', spellCheck: false }}
          value={condition}
          onChange={(_, { value }) => {
            setCondition(value);
            preview.reset();
          }}
        />
      </Field>
      <FieldPair>
        <Field label="Name" required>
          <Input value={name} maxLength={200} onChange={(_, { value }) => setName(value)} />
        </Field>
        <Field label="Owner" required hint="Who answers for it">
          <Input value={owner} maxLength={256} onChange={(_, { value }) => setOwner(value)} />
        </Field>
      </FieldPair>
      <FieldPair>
        <Field label="Reason" required>
          <Textarea value={reason} maxLength={5_000} onChange={(_, { value }) => setReason(value)} />
        </Field>
        <Field label="Ends after" hint="Then alerts are raised again">
          <Select value={days} onChange={(_, { value }) => setDays(value)}>
            {exception && <option value="as it is">as it is</option>}
            {Object.entries(lives).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
      </FieldPair>
      {preview.isPending && <ProgressBar aria-label="Asking the last 30 days again" />}
      {preview.error && <ErrorState error={preview.error} title="This can’t be asked" />}
      {preview.data && <PreviewFacts preview={preview.data} />}
    </FormDialog>
  );
}
