import { makeStyles, tokens } from '@fluentui/react-components';
import type { BenchItem } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { visible } from '../../shared/text.ts';
import { InlineLink } from '../../shared/TextLink.tsx';

const useStyles = makeStyles({ quiet: { color: tokens.colorNeutralForeground3 } });

/** An item of a labelled set, and the alerts that rules raised on it. */
export function ItemPanel({ item, onClose }: { item: BenchItem; onClose: () => void }): ReactElement {
  const styles = useStyles();
  return (
    <SidePanel label="Item" title={visible(item.id)} onClose={onClose}>
      <span>
        {item.rows} records of {visible(item.sources.join(', ')) || 'no source'}, {item.unparsed} not parsed. Expected:{' '}
        {item.expect}; {item.outcome}.
      </span>
      {item.message !== undefined && <span>{visible(item.message)}</span>}
      {item.fired.length === 0 && <span className={styles.quiet}>No rule fired.</span>}
      {item.fired.map((one) => (
        <Section key={one.rule} title={visible(one.first?.name ?? one.name)}>
          <span>
            {one.severity}, {one.alerts} alerts{one.first && `, the first at ${visible(one.first.at)}`}, of{' '}
            <InlineLink to="/rules/$id" params={{ id: one.rule }}>
              {visible(one.name)}
            </InlineLink>
          </span>
          {(one.first?.entities ?? []).map((entity) => (
            <span key={entity}>{visible(entity)}</span>
          ))}
        </Section>
      ))}
    </SidePanel>
  );
}
