import { makeStyles, ProgressBar, tokens } from '@fluentui/react-components';
import type { EntityDetails, RiskReason } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { encodeFragment } from '../../shared/address.ts';
import { Facts } from '../../shared/Facts.tsx';
import { kqlString } from '../../shared/kql.ts';
import { count } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { TextLink } from '../../shared/TextLink.tsx';
import { visible, words } from '../../shared/text.ts';
import { useShownWorkspace, useWorkspaces } from '../../shared/workspaces.ts';
import { Risk } from './EntityState.tsx';
import type { entityTabs } from './index.ts';

const useStyles = makeStyles({
  root: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(320px, 1fr))',
    gap: tokens.spacingHorizontalM,
    alignItems: 'start',
  },
  reasons: {
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
  reason: { display: 'grid', gridTemplateColumns: 'minmax(0, 1fr) auto', columnGap: tokens.spacingHorizontalM },
  title: { overflowWrap: 'anywhere' },
  weight: { fontVariantNumeric: 'tabular-nums' },
  muted: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, gridColumn: '1 / -1' },
  text: { margin: 0 },
});

/** Alerts of all workspaces are rows of the first. */
const queryOf = ({ kind, reference }: RiskReason): string | undefined =>
  reference === ''
    ? undefined
    : kind === 'Alert'
      ? `SecurityAlert\n| where SystemAlertId == ${kqlString(reference)}`
      : `Anomalies\n| where Id == ${kqlString(reference)}`;

/** What there is to know at once: risk with its reasons, and what directory and inventory say. */
export function OverviewTab(props: {
  entity: EntityDetails;
  onTab: (tab: (typeof entityTabs)[number]) => void;
}): ReactElement {
  const styles = useStyles();
  const { entity } = props;
  const workspaces = useWorkspaces();
  const workspace = useShownWorkspace();
  const inOther = (id: string): { workspace?: string } =>
    workspaces.all.find((one) => one.id === id)?.isDefault === true ? {} : { workspace: id };
  const properties = Object.entries(entity.properties).filter(([, value]) => value !== '');
  return (
    <div className={styles.root}>
      <Section title="Risk" card>
        <Facts
          facts={[
            ['Score', <Risk key="r" level={entity.riskLevel} score={entity.riskScore} />],
            ['Open incidents', count(entity.openIncidents)],
            ['Alerts', count(entity.alerts)],
            ...entity.elsewhere.map(({ workspaceId, riskLevel, riskScore }): [string, ReactElement] => [
              `In ${workspaces.nameOf(workspaceId)}`,
              <TextLink key={workspaceId} to="/entities/$id" params={{ id: entity.id }} search={inOther(workspaceId)}>
                <Risk level={riskLevel} score={riskScore} />
              </TextLink>,
            ]),
          ]}
        />
        {entity.riskReasons.length === 0 ? (
          <p className={styles.text}>
            {entity.alerts > 0
              ? 'What its alerts weigh is worked out every ten minutes.'
              : 'No alert, anomaly or exposure of the last 30 days speaks against it.'}
          </p>
        ) : (
          <ul className={styles.reasons} aria-label="Reasons of the risk">
            {entity.riskReasons.map((reason, index) => {
              const query = queryOf(reason);
              return (
                <li key={index} className={styles.reason}>
                  <bdi className={styles.title}>
                    {query === undefined ? (
                      visible(reason.title)
                    ) : (
                      <TextLink
                        to="/hunting"
                        search={{ range: 'all', ...(reason.kind === 'Alert' ? {} : workspace) }}
                        hash={`query=${encodeFragment(query)}`}
                      >
                        {visible(reason.title)}
                      </TextLink>
                    )}
                  </bdi>
                  <span className={styles.weight}>+{Math.round(reason.weight * 100)}</span>
                  <ProgressBar
                    className={styles.muted}
                    value={Math.min(1, reason.weight)}
                    thickness="medium"
                    aria-label={`Weight of ${visible(reason.title)}`}
                  />
                  <span className={styles.muted}>
                    {words(reason.kind)} · <RelativeTime at={reason.at} />
                  </span>
                </li>
              );
            })}
          </ul>
        )}
      </Section>
      <Section title="What is told of it" card>
        {workspace.workspace !== undefined && workspaces.several && (
          <p className={styles.text}>The same in all workspaces, from rows of {workspaces.nameOf(null)}.</p>
        )}
        {properties.length === 0 ? (
          <p className={styles.text}>No directory or inventory tells more of it than its identifiers.</p>
        ) : (
          <Facts
            facts={properties.map(([name, value]) => [words(visible(name)), <bdi key={name}>{visible(value)}</bdi>])}
          />
        )}
      </Section>
    </div>
  );
}
