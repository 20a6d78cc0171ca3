import { Input, makeStyles, Text, tokens } from '@fluentui/react-components';
import { Severity as SeverityEnum, serviceLevelStages, type ServiceLevels as Levels } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { Section } from '../../shared/Section.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { ErrorState, Loading } from '../../shared/States.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { serviceLevelsQuery } from '../incidents/queries.ts';
import { minutesOf, minutesText } from './minutes.ts';

const useStyles = makeStyles({
  table: {
    borderCollapse: 'collapse',
    '& th, & td': { padding: tokens.spacingVerticalXS, textAlign: 'start' },
  },
  input: { width: '140px' },
  actions: { display: 'flex', gap: tokens.spacingHorizontalS, paddingTop: tokens.spacingVerticalS },
});

const heads = { triage: 'Triage', acknowledge: 'Acknowledge', close: 'Close' } as const;
function Form({ levels }: { levels: Levels }): ReactElement {
  const styles = useStyles();
  const why = useRefusal('setServiceLevels');
  const queries = useQueryClient();
  const notify = useNotify();
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const place = (severity: string, stage: string): string => `${severity} ${stage}`;
  const textOf = (severity: keyof Levels, stage: (typeof serviceLevelStages)[number]): string =>
    typed[place(severity, stage)] ?? minutesText(levels[severity][stage]);
  const faults = SeverityEnum.options.flatMap((severity) =>
    serviceLevelStages.filter((stage) => minutesOf(textOf(severity, stage)) === undefined),
  );
  const save = useMutation({
    mutationFn: (next: Levels) => client.setServiceLevels({ body: { levels: next } }),
    onSuccess: (_, next) => {
      void queries.invalidateQueries({ queryKey: serviceLevelsQuery.queryKey });
      void queries.invalidateQueries({ queryKey: ['incidents'] });
      setTyped({});
      if (next !== levels) notify.done('The service levels are changed', () => save.mutate(levels));
    },
    onError: (error) => notify.failed('The service levels are as they were', error),
  });
  const next = (): Levels => {
    const of = (severity: keyof Levels) => ({
      triage: minutesOf(textOf(severity, 'triage')) ?? null,
      acknowledge: minutesOf(textOf(severity, 'acknowledge')) ?? null,
      close: minutesOf(textOf(severity, 'close')) ?? null,
    });
    return { High: of('High'), Medium: of('Medium'), Low: of('Low'), Informational: of('Informational') };
  };
  return (
    <>
      <Text>
        How soon after it is made an incident shall be looked at by a person, taken up, and closed. Empty: no target.
      </Text>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Severity</th>
            {serviceLevelStages.map((stage) => (
              <th key={stage} scope="col">
                {heads[stage]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {SeverityEnum.options.map((severity) => (
            <tr key={severity}>
              <td>
                <Severity severity={severity} />
              </td>
              {serviceLevelStages.map((stage) => {
                const text = textOf(severity, stage);
                return (
                  <td key={stage}>
                    <Input
                      className={styles.input}
                      aria-label={`${severity}: ${heads[stage]}`}
                      aria-invalid={minutesOf(text) === undefined}
                      placeholder="15 min, 2 h, 3 d"
                      disabled={why !== undefined}
                      value={text}
                      onChange={(_, data) => setTyped({ ...typed, [place(severity, stage)]: data.value })}
                    />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {faults.length > 0 && <Text role="alert">A time is written as 15 min, 2 h or 3 d, a year at most.</Text>}
      <div className={styles.actions}>
        <RefusableButton
          appearance="primary"
          why={why}
          disabled={faults.length > 0 || Object.keys(typed).length === 0 || save.isPending}
          onClick={() => save.mutate(next())}
        >
          Save
        </RefusableButton>
      </div>
    </>
  );
}

/** Targets by severity. */
export function ServiceLevels(): ReactElement {
  const { data, error, refetch } = useQuery(serviceLevelsQuery);
  return (
    <Section title="Service levels" card>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={4} />}
      {data && <Form levels={data} />}
    </Section>
  );
}
