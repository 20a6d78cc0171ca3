import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  makeStyles,
  Text,
  tokens,
} from '@fluentui/react-components';
import { isVisible, type WorkbookItem } from '@sallyport/contracts';
import type { ReactElement, ReactNode } from 'react';
import { EmptyState } from '../../../shared/States.tsx';
import { visible } from '../../../shared/text.ts';
import { ParametersBar } from '../ParametersBar.tsx';
import { useWorkbookState } from '../useWorkbook.ts';
import { LinksPart } from './LinksPart.tsx';
import { QueryPart } from './QueryPart.tsx';
import { TextView } from './TextView.tsx';

const useStyles = makeStyles({
  root: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingVerticalL, alignItems: 'flex-start' },
  part: {
    minWidth: 0,
    boxSizing: 'border-box',
    maxWidth: '100%',
    '@media (max-width: 900px)': { flexBasis: '100% !important' },
  },
  group: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
});

/** How wide a part is: Microsoft's percent of the row, the gaps between parts taken off. */
const basis = (width: string | null | undefined): string => {
  const share = Number(width);
  return Number.isFinite(share) && share > 0 && share < 100 ? `calc(${share}% - ${tokens.spacingVerticalL})` : '100%';
};

/** Parts of a workbook or of one of its groups, those whose conditions hold. */
export function Parts({ items }: { items: readonly WorkbookItem[] }): ReactElement {
  const styles = useStyles();
  const { values } = useWorkbookState();
  return (
    <div className={styles.root}>
      {items.map(
        (item, index) =>
          isVisible(item, values) && (
            <div key={item.name ?? index} className={styles.part} style={{ flex: `1 1 ${basis(item.customWidth)}` }}>
              <Part item={item} />
            </div>
          ),
      )}
    </div>
  );
}

function Part({ item }: { item: WorkbookItem }): ReactNode {
  const styles = useStyles();
  const { fill } = useWorkbookState();
  switch (item.type) {
    case 1:
      return <TextView text={fill(item.content.json)} style={item.content.style} />;
    case 3:
      return <QueryPart content={item.content} />;
    case 9:
      return <ParametersBar names={item.content.parameters.map(({ name }) => name)} />;
    case 11:
      return <LinksPart content={item.content} />;
    case 12: {
      const { title, expandable, expanded, items, groupType } = item.content;
      if (groupType === 'template')
        return <EmptyState title="This part is a template of Azure’s gallery, which is not here" />;
      if (expandable === true)
        return (
          <Accordion collapsible defaultOpenItems={expanded === true ? ['group'] : []}>
            <AccordionItem value="group">
              <AccordionHeader as="h2">{visible(title ?? 'More')}</AccordionHeader>
              <AccordionPanel>
                <Parts items={items} />
              </AccordionPanel>
            </AccordionItem>
          </Accordion>
        );
      return (
        <div className={styles.group}>
          {title && (
            <Text as="h2" weight="semibold" size={400}>
              {visible(fill(title))}
            </Text>
          )}
          <Parts items={items} />
        </div>
      );
    }
    case 10:
      return <EmptyState title="This part draws Azure Monitor metrics, which are not here" />;
    case 0:
      return <EmptyState title="This part is not understood">{visible(item.content.reason)}</EmptyState>;
  }
}
