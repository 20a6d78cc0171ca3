import { makeStyles, Menu, MenuList, MenuPopover, MenuTrigger, tokens } from '@fluentui/react-components';
import type { IncidentSummary } from '@sallyport/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { RefusableButton, RefusableMenuItem, useRefusal } from '../../shared/Refusable.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { useNotify } from '../../shared/toast.tsx';
import { casesQuery } from '../cases/queries.ts';

const OFFERED_MAX = 10;

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', alignItems: 'flex-start', gap: tokens.spacingVerticalXXS },
});

/** The cases that an incident is linked to, and the way into one. */
export function CasesOf({ incident }: { incident: Pick<IncidentSummary, 'number' | 'title'> }): ReactElement {
  const styles = useStyles();
  const why = useRefusal('createCase', 'linkCaseIncidents');
  const navigate = useNavigate();
  const queries = useQueryClient();
  const notify = useNotify();
  const { number } = incident;
  const linked = useQuery(casesQuery({ incident: number })).data?.cases ?? [];
  const open =
    useQuery({ ...casesQuery({ status: ['New', 'Open', 'OnHold'] }), enabled: why === undefined }).data?.cases ?? [];
  const act = useMutation({
    mutationFn: async (to: number | undefined) =>
      to === undefined
        ? client.createCase({ body: { title: incident.title.slice(0, 300), incidents: [number] } })
        : client.linkCaseIncidents({ params: { number: to }, body: { numbers: [number] } }),
    onSuccess: (made, to) => {
      void queries.invalidateQueries({ queryKey: ['cases'] });
      if (to === undefined) void navigate({ to: '/cases/$number', params: { number: String(made.number) } });
      else notify.done(`Incident ${number} is linked to case ${to}`);
    },
    onError: (error) => notify.failed(`Incident ${number} was not linked`, error),
  });
  return (
    <div className={styles.root}>
      {linked.map((one) => (
        <TextLink key={one.number} to="/cases/$number" params={{ number: String(one.number) }}>
          {one.number} · {visible(one.title)}
        </TextLink>
      ))}
      {linked.length === 0 && 'None'}
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <RefusableButton why={why} size="small" appearance="subtle" disabled={act.isPending}>
            Add to a case
          </RefusableButton>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <RefusableMenuItem why={why} onClick={() => act.mutate(undefined)}>
              A new case
            </RefusableMenuItem>
            {open
              .filter((one) => !linked.some((other) => other.number === one.number))
              .slice(0, OFFERED_MAX)
              .map((one) => (
                <RefusableMenuItem why={why} key={one.number} onClick={() => act.mutate(one.number)}>
                  {one.number} · {visible(one.title)}
                </RefusableMenuItem>
              ))}
          </MenuList>
        </MenuPopover>
      </Menu>
    </div>
  );
}
