import type { InventoryEntity } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Facts } from '../../shared/Facts.tsx';
import { RelativeTime } from '../../shared/RelativeTime.tsx';
import { Section } from '../../shared/Section.tsx';
import { SidePanel } from '../../shared/SidePanel.tsx';
import { visible, words } from '../../shared/text.ts';
import { TextLink } from '../../shared/TextLink.tsx';
import { CriticalityLabel, Risk, Tags } from './EntityState.tsx';

/** What a list knows of an entity, and the way to its page. */
export function AssetPanel({ entity, onClose }: { entity: InventoryEntity; onClose: () => void }): ReactElement {
  const properties = Object.entries(entity.properties).filter(([, value]) => value !== '');
  return (
    <SidePanel
      label="Asset"
      title={<bdi>{visible(entity.name)}</bdi>}
      onClose={onClose}
      footer={
        <TextLink to="/entities/$id" params={{ id: entity.id }}>
          Open its page
        </TextLink>
      }
    >
      <Facts
        facts={[
          ['Kind', words(entity.kind)],
          ['Risk', <Risk key="r" level={entity.riskLevel} score={entity.riskScore} />],
          ['Criticality', <CriticalityLabel key="c" criticality={entity.criticality} />],
          ['Owner', entity.owner === null ? 'Nobody' : visible(entity.owner)],
          ['Tags', entity.tags.length > 0 ? <Tags key="t" tags={entity.tags} /> : undefined],
          ['First seen', <RelativeTime key="f" at={entity.firstSeen} form="exact" />],
          ['Last seen', <RelativeTime key="l" at={entity.lastSeen} form="exact" />],
          ['Seen in', entity.sources.join(', ')],
        ]}
      />
      {properties.length > 0 && (
        <Section title="What is told of it">
          <Facts
            facts={properties.map(([name, value]) => [words(visible(name)), <bdi key={name}>{visible(value)}</bdi>])}
          />
        </Section>
      )}
    </SidePanel>
  );
}
