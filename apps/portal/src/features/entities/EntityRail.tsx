import { makeStyles, tokens } from '@fluentui/react-components';
import type { EntityDetails } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Copyable } from '../../shared/Copyable.tsx';
import { Facts } from '../../shared/Facts.tsx';
import { count } from '../../shared/numbers.ts';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { visible, words } from '../../shared/text.ts';
import { CriticalityLabel, Tags } from './EntityState.tsx';

const NARROW = '@media (max-width: 900px)';
const useStyles = makeStyles({
  root: {
    width: '344px',
    flexShrink: 0,
    overflowY: 'auto',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    [NARROW]: { width: 'auto', overflowY: 'visible' },
  },
  aliases: { display: 'flex', flexDirection: 'column' },
});
const VALUE_MAX = 120;

const aliasNames: Readonly<Record<string, string>> = {
  'account-aad': 'Object id',
  'account-guid': 'Object GUID',
  'account-sid': 'SID',
  'account-upn': 'User principal name',
  'account-nt': 'Windows name',
  'account-local': 'Local account',
  'account-dns': 'Name in DNS domain',
  'account-puid': 'PUID',
  'host-dns': 'Full name',
  'host-nt': 'Windows name',
  'host-azure': 'Azure resource',
  'host-agent': 'Agent',
};

/** Who it is: identifiers, what else it is called, and to whom it belongs. */
export function EntityRail({ entity }: { entity: EntityDetails }): ReactElement {
  const styles = useStyles();
  // What is put together of several identifiers is for the machine.
  const called = entity.aliases.filter(({ value }) => !value.includes('|'));
  return (
    <aside className={styles.root} aria-label="Properties">
      <Section title="Properties" card>
        <Facts
          facts={[
            ['Owner', entity.owner === null ? 'Nobody' : visible(entity.owner)],
            ['Tags', entity.tags.length > 0 ? <Tags key="t" tags={entity.tags} /> : 'None'],
            ['Criticality', <CriticalityLabel key="c" criticality={entity.criticality} />],
            [
              'Because',
              entity.criticalitySetBy !== null
                ? `${visible(entity.criticalitySetBy)} set it`
                : entity.criticalityReason === ''
                  ? undefined
                  : visible(entity.criticalityReason),
            ],
            ['First seen', <RelativeTime key="f" at={entity.firstSeen} form="exact" />],
            ['Last seen', <RelativeTime key="l" at={entity.lastSeen} form="exact" />],
            ['Rows about it', count(entity.events)],
            ['Seen in', entity.sources.join(', ')],
          ]}
        />
      </Section>
      <Section title="Identifiers" card>
        <Facts
          facts={Object.entries(entity.identifiers)
            .filter(([, value]) => value !== '')
            .map(([name, value]) => [
              words(visible(name)),
              <Copyable key={name} text={value} label={name} length={VALUE_MAX} />,
            ])}
        />
        {!entity.strong && 'It is known by a weak identifier: another may bear the same name.'}
      </Section>
      {called.length > 0 && (
        <Section title={`Known as (${called.length})`} card>
          <Facts
            facts={[...Map.groupBy(called, ({ type }) => type)].map(([type, aliases]) => [
              aliasNames[type] ?? words(type),
              <span key={type} className={styles.aliases}>
                {aliases.map(({ value }) => (
                  <Copyable key={value} text={value} label={aliasNames[type] ?? type} length={VALUE_MAX} />
                ))}
              </span>,
            ])}
          />
        </Section>
      )}
    </aside>
  );
}
