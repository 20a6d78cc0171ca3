import { makeStyles, tokens } from '@fluentui/react-components';
import type { Coverage, TechniqueCoverage } from '@sallyport/contracts';
import type { ReactElement, ReactNode } from 'react';
import { Section } from '../../shared/Section.tsx';
import { Severity } from '../../shared/Severity.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { Status } from '../../shared/Status.tsx';
import { visible } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { closesGap, stateWords, type Cell } from './matrix.ts';

const useStyles = makeStyles({
  list: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXS,
  },
  row: { display: 'flex', gap: tokens.spacingHorizontalS, alignItems: 'baseline', flexWrap: 'wrap' },
  quiet: { color: tokens.colorNeutralForeground3 },
});

/** A technique: how it and its sub-techniques stand, their rules and data, and what would close the gaps. */
export function TechniquePanel(props: { cell: Cell; coverage: Coverage; onClose: () => void }): ReactElement {
  const styles = useStyles();
  const { cell, coverage } = props;
  const all = [cell.technique, ...cell.subs];
  const ids = new Set(all.flatMap(({ rules }) => rules));
  const rules = coverage.rules.filter(({ id }) => ids.has(id));
  const named = new Set([...all.flatMap(({ tables }) => tables), ...rules.flatMap(({ tables }) => tables)]);
  const tables = coverage.tables.filter(({ name }) => named.has(name));
  const components = [...new Set(all.flatMap((one) => one.components))];
  return (
    <SidePanel
      label={`Technique ${cell.technique.id}`}
      title={`${cell.technique.id} ${visible(cell.technique.name)}`}
      onClose={props.onClose}
    >
      <Section title="What would close the gap">
        <ul className={styles.list}>
          {all.map((technique) => (
            <Standing key={technique.id} technique={technique} coverage={coverage} />
          ))}
        </ul>
      </Section>
      <Section title={`Rules and anomalies (${rules.length})`}>
        {rules.length === 0 && <span className={styles.quiet}>No rule names it.</span>}
        <ul className={styles.list}>
          {rules.map((rule) => (
            <li key={rule.id} className={styles.row}>
              <Severity severity={rule.severity} />
              <RuleLink rule={rule}>{visible(rule.name)}</RuleLink>
              {rule.of === 'anomalies' && <span className={styles.quiet}>anomaly</span>}
              {!rule.enabled && <Status tone="off">Off</Status>}
              {!rule.hasData && (
                <span className={styles.quiet}>no data in {rule.tables.join(', ') || 'its tables'}</span>
              )}
            </li>
          ))}
        </ul>
      </Section>
      <Section title="Data">
        {tables.length === 0 && <span className={styles.quiet}>No table of this product shows it.</span>}
        <ul className={styles.list}>
          {tables.map((table) => (
            <li key={table.name} className={styles.row}>
              <span>{visible(table.name)}</span>
              <span className={styles.quiet}>
                {table.hasData
                  ? `rows in the last ${coverage.days} days`
                  : table.sources.length === 0
                    ? 'no rows'
                    : `no rows; from ${table.sources
                        .slice(0, 6)
                        .map(({ name }) => visible(name))
                        .join(', ')}`}
              </span>
            </li>
          ))}
        </ul>
      </Section>
      {components.length > 0 && (
        <Section title="Seen by (ATT&CK)">
          <span>{components.map((name) => visible(name)).join(', ')}</span>
        </Section>
      )}
    </SidePanel>
  );
}

/** To the rule, or to the kind of anomaly. */
function RuleLink({
  rule,
  children,
}: {
  rule: Pick<Coverage['rules'][number], 'id' | 'of'>;
  children: ReactNode;
}): ReactElement {
  return rule.of === 'rules' ? (
    <TextLink to="/rules/$id" params={{ id: rule.id }}>
      {children}
    </TextLink>
  ) : (
    <TextLink to="/anomalies" search={{ tab: 'rules', selected: rule.id }}>
      {children}
    </TextLink>
  );
}

function Standing({ technique, coverage }: { technique: TechniqueCoverage; coverage: Coverage }): ReactElement {
  const styles = useStyles();
  const closing = closesGap(technique, coverage);
  return (
    <li>
      <div className={styles.row}>
        <strong>{technique.id}</strong>
        <span>{visible(technique.name)}</span>
        <span className={styles.quiet}>
          {stateWords[technique.state]}
          {technique.alerts > 0 && `, ${technique.alerts} alerts`}
        </span>
      </div>
      <ul className={styles.list}>
        {closing.map(({ what, rule }) => (
          <li key={what}>{rule === undefined ? visible(what) : <RuleLink rule={rule}>{visible(what)}</RuleLink>}</li>
        ))}
      </ul>
    </li>
  );
}
