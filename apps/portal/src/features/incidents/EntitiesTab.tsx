import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { EntityKind, type Entity, type Incident } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Copyable } from '../../shared/Copyable.tsx';
import { EntityIcon, EntityLink } from '../../shared/EntityLink.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { Grid, type GridColumn } from '../../shared/Grid.tsx';
import { count } from '../../shared/numbers.ts';
import { Section } from '../../shared/Section.tsx';
import { SeverityIcon } from '../../shared/Severity.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { EmptyState } from '../../shared/States.tsx';
import { TextLink } from '../../shared/TextLink.tsx';
import { visible, words } from '../../shared/text.ts';

const useStyles = makeStyles({
  split: { display: 'flex', gap: tokens.spacingHorizontalM, flexGrow: 1, minHeight: 0 },
  kind: { display: 'inline-flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  line: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  list: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS },
});

function EntityPanel(props: { incident: Incident; entity: Entity; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const { entity, incident } = props;
  const alerts = incident.alerts.filter((alert) => alert.entities.some(({ id }) => id === entity.id));
  return (
    <SidePanel
      label="Entity"
      title={visible(entity.name)}
      onClose={props.onClose}
      footer={<EntityLink entity={entity} />}
    >
      <Facts
        facts={[
          ['Kind', words(entity.kind)],
          ['Joins alerts', entity.strong ? 'yes, by a strong identifier' : 'no: its identifiers are weak'],
        ]}
      />
      <Section title="Identifiers">
        <Facts
          facts={Object.entries(entity.identifiers).map(([name, value]) => [
            words(visible(name)),
            <Copyable key={name} text={value} label={name} length={200} />,
          ])}
        />
      </Section>
      <Section title="Alerts with it here">
        <div className={styles.list}>
          {alerts.map((alert) => (
            <span key={alert.systemAlertId} className={styles.line}>
              <SeverityIcon severity={alert.severity} />
              <TextLink
                to="/incidents/$number"
                params={{ number: String(incident.number) }}
                search={{ tab: 'alerts', alert: alert.systemAlertId }}
              >
                {visible(alert.alertName)}
              </TextLink>
            </span>
          ))}
        </div>
      </Section>
    </SidePanel>
  );
}

export function EntitiesTab(props: {
  incident: Incident;
  openId: string | undefined;
  onOpen: (id: string | undefined) => void;
}): ReactElement {
  const styles = useStyles();
  const { incident } = props;
  const alertsOf = (entity: Entity): number =>
    incident.alerts.filter((alert) => alert.entities.some(({ id }) => id === entity.id)).length;
  const kinds = EntityKind.options;
  const entities = incident.entities.toSorted(
    (a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || a.name.localeCompare(b.name),
  );
  const open = entities.find((entity) => entity.id === props.openId);
  const columns: readonly GridColumn<Entity>[] = [
    {
      id: 'kind',
      header: 'Kind',
      min: 148,
      cell: (entity) => (
        <span className={styles.kind}>
          <EntityIcon kind={entity.kind} />
          {words(entity.kind)}
        </span>
      ),
    },
    { id: 'name', header: 'Name', min: 180, grow: 2, cell: (entity) => <bdi>{visible(entity.name)}</bdi> },
    {
      id: 'identifiers',
      header: 'Identifiers',
      min: 180,
      grow: 3,
      drop: 1,
      cell: (entity) =>
        visible(
          Object.entries(entity.identifiers)
            .map(([name, value]) => `${name} ${value}`)
            .join(' · '),
        ),
    },
    { id: 'alerts', header: 'Alerts', min: 72, align: 'end', cell: (entity) => count(alertsOf(entity)) },
  ];
  return (
    <div className={styles.split}>
      <Grid
        label="Entities"
        rows={entities}
        columns={columns}
        rowId={(entity) => entity.id}
        openId={open?.id}
        onOpen={(entity) => props.onOpen(entity.id)}
        onClose={() => props.onOpen(undefined)}
        card={(entity) => (
          <>
            <span className={styles.kind}>
              <EntityIcon kind={entity.kind} />
              {words(entity.kind)}
            </span>
            <Text weight="semibold" block truncate wrap={false}>
              {visible(entity.name)}
            </Text>
          </>
        )}
        empty={
          <EmptyState title="No entities">
            None of the rules that alerted maps a column to an account, host, address or other entity.
          </EmptyState>
        }
      />
      {open && <EntityPanel key={open.id} incident={incident} entity={open} onClose={() => props.onOpen(undefined)} />}
    </div>
  );
}
