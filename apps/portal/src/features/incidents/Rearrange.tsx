import {
  Checkbox,
  Field,
  Input,
  makeStyles,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Text,
} from '@fluentui/react-components';
import { MoreHorizontalRegular } from '@fluentui/react-icons';
import type { Incident } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { useSettled } from '../../shared/hooks.ts';
import { FormDialog } from '../../shared/FormDialog.tsx';
import { plural } from '../../shared/numbers.ts';
import { RefusableButton, useRefusal } from '../../shared/Refusable.tsx';
import { ErrorState } from '../../shared/States.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';
import { incidentQuery } from './queries.ts';

const useStyles = makeStyles({
  alerts: { display: 'flex', flexDirection: 'column', maxHeight: '40vh', overflowY: 'auto' },
});

/** As many as are merged into one at a time. */
const MERGED_MAX = 4;
const SETTLE_MS = 300;

const numbersIn = (text: string): number[] => [
  ...new Set([...text.matchAll(/\d{1,9}/g)].map(([digits]) => Number(digits)).filter((number) => number > 0)),
];

function useDone(incident: Incident, onClose: () => void) {
  const queries = useQueryClient();
  return (changed: Incident): void => {
    if (changed.number === incident.number) queries.setQueryData(incidentQuery(incident.number).queryKey, changed);
    void queries.invalidateQueries({ queryKey: ['incident'] });
    void queries.invalidateQueries({ queryKey: ['incidents'] });
    onClose();
  };
}

/** Others are merged into this one; what that makes is shown first. */
function MergeDialog({ incident, onClose }: { incident: Incident; onClose: () => void }): ReactElement {
  const notify = useNotify();
  const done = useDone(incident, onClose);
  const [text, setText] = useState('');
  const numbers = numbersIn(text).filter((number) => number !== incident.number);
  const asked = useSettled(numbers.join(','), SETTLE_MS);
  const preview = useQuery({
    queryKey: ['mergePreview', incident.number, asked],
    queryFn: ({ signal }) =>
      client.previewMerge({ signal, params: { number: incident.number }, query: { incidents: asked } }),
    enabled: asked !== '' && numbers.length <= MERGED_MAX,
    retry: false,
  });
  const merge = useMutation({
    mutationFn: () => client.mergeIncidents({ params: { number: incident.number }, body: { incidents: numbers } }),
    onSuccess: (changed) => {
      notify.done(`${plural(numbers.length, 'incident')} merged into incident ${incident.number}`);
      done(changed);
    },
  });
  const data = asked === numbers.join(',') ? preview.data : undefined;
  return (
    <FormDialog
      title={`Merge others into incident ${incident.number}`}
      submit="Merge"
      ready={data !== undefined && data.refused.length === 0}
      busy={merge.isPending}
      error={merge.error}
      failed="Nothing was merged"
      onClose={onClose}
      onSubmit={() => merge.mutate()}
    >
      <Field
        label="Numbers of the others"
        hint={`At most ${MERGED_MAX}, joined by commas`}
        {...(numbers.length > MERGED_MAX ? { validationMessage: `At most ${MERGED_MAX} at a time` } : {})}
      >
        <Input value={text} placeholder="12, 15" onChange={(_, { value }) => setText(value)} />
      </Field>
      {preview.error && asked !== '' && <ErrorState error={preview.error} title="This can’t be merged" />}
      {data?.refused.map((one) => (
        <Text key={one.number} role="alert">
          Incident {one.number} is kept apart: {visible(one.reason)}
        </Text>
      ))}
      {data && data.refused.length === 0 && (
        <Text>
          Incident {data.target} will have {plural(data.alertCount, 'alert')} and{' '}
          {plural(data.entityCount, 'entity', 'entities')}, and be{' '}
          {data.owner === null ? 'nobody’s' : visible(data.owner)}
          {data.owner === null ? '' : '’s'}. {data.merged.map((number) => `Incident ${number}`).join(', ')}{' '}
          {data.merged.length === 1 ? 'is' : 'are'} closed and will lead here; comments and tasks stay there. There is
          no way back but to split alerts out again.
        </Text>
      )}
    </FormDialog>
  );
}

const titles = {
  split: (number: number) => `Split incident ${number}`,
  move: (number: number) => `Move alerts of incident ${number}`,
  unlink: (number: number) => `Take alerts out of incident ${number}`,
} as const;

/** Alerts are taken out, into a new incident, another one, or none. */
function AlertsDialog(props: {
  incident: Incident;
  kind: 'split' | 'move' | 'unlink';
  onClose: () => void;
}): ReactElement {
  const styles = useStyles();
  const { incident, kind } = props;
  const notify = useNotify();
  const navigate = useNavigate();
  const done = useDone(incident, props.onClose);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState('');
  const [target] = numbersIn(text);
  const act = useMutation({
    mutationFn: () => {
      const body = { alerts: [...chosen] };
      return kind === 'split'
        ? client.splitIncident({ params: { number: incident.number }, body })
        : kind === 'unlink'
          ? client.unlinkAlerts({ params: { number: incident.number }, body })
          : client.linkAlerts({ params: { number: target ?? 0 }, body });
    },
    onSuccess: (changed) => {
      notify.done(
        kind === 'unlink'
          ? `${plural(chosen.size, 'alert')} taken out of incident ${changed.number}`
          : `${plural(chosen.size, 'alert')} moved to incident ${changed.number}`,
      );
      done(changed);
      void navigate({
        to: '/incidents/$number',
        params: { number: String(changed.number) },
        search: { tab: 'alerts' },
      });
    },
  });
  const left = incident.alertCount - chosen.size;
  return (
    <FormDialog
      title={titles[kind](incident.number)}
      submit={kind === 'split' ? 'Split' : kind === 'move' ? 'Move' : 'Take out'}
      ready={
        chosen.size > 0 &&
        (kind !== 'split' || left > 0) &&
        (kind !== 'move' || (target !== undefined && target !== incident.number))
      }
      busy={act.isPending}
      error={act.error}
      failed="Nothing was moved"
      onClose={props.onClose}
      onSubmit={() => act.mutate()}
    >
      {kind === 'move' && (
        <Field label="Number of the other incident">
          <Input value={text} onChange={(_, { value }) => setText(value)} />
        </Field>
      )}
      <div className={styles.alerts} role="group" aria-label="Alerts to take out">
        {incident.alerts.map((alert) => (
          <Checkbox
            key={alert.systemAlertId}
            label={`${visible(alert.alertName)} (${alert.severity})`}
            checked={chosen.has(alert.systemAlertId)}
            onChange={() => {
              const next = new Set(chosen);
              if (!next.delete(alert.systemAlertId)) next.add(alert.systemAlertId);
              setChosen(next);
            }}
          />
        ))}
      </div>
      {chosen.size > 0 && (
        <Text>
          {plural(chosen.size, 'alert')} go to{' '}
          {kind === 'split' ? 'a new incident' : kind === 'move' ? `incident ${target ?? '…'}` : 'no incident'},{' '}
          {left === 0 ? 'none stays' : `${plural(left, 'alert')} stay`} here.{' '}
          {kind === 'split' && 'The two are not merged again by themselves.'}
        </Text>
      )}
    </FormDialog>
  );
}

/** Merging, splitting, and putting alerts elsewhere. */
export function Rearrange({ incident }: { incident: Incident }): ReactElement | null {
  const why = useRefusal('mergeIncidents', 'splitIncident', 'linkAlerts', 'unlinkAlerts');
  const [asking, setAsking] = useState<'merge' | 'split' | 'move' | 'unlink'>();
  if ((incident.mergedInto ?? null) !== null) return null;
  const close = (): void => setAsking(undefined);
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <RefusableButton
            why={why}
            size="small"
            icon={<MoreHorizontalRegular />}
            aria-label="Merge, split, move alerts"
          />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem onClick={() => setAsking('merge')}>Merge others into this…</MenuItem>
            <MenuItem disabled={incident.alertCount < 2} onClick={() => setAsking('split')}>
              Split into two…
            </MenuItem>
            <MenuItem disabled={incident.alertCount === 0} onClick={() => setAsking('move')}>
              Move alerts to another…
            </MenuItem>
            <MenuItem disabled={incident.alertCount === 0} onClick={() => setAsking('unlink')}>
              Take alerts out…
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      {asking === 'merge' && <MergeDialog incident={incident} onClose={close} />}
      {(asking === 'split' || asking === 'move' || asking === 'unlink') && (
        <AlertsDialog key={asking} incident={incident} kind={asking} onClose={close} />
      )}
    </>
  );
}
