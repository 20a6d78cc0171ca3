import { makeStyles, Tab, TabList, tokens } from '@fluentui/react-components';
import type { LinksContent, WorkbookLink } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import type { z } from 'zod';
import { visible } from '../../../shared/text.ts';
import { webAddress } from '../format.ts';
import { useWorkbookState } from '../useWorkbook.ts';

const useStyles = makeStyles({
  list: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalL },
  off: { color: tokens.colorNeutralForeground3 },
});

/** Links of a workbook: tabs that set a parameter, or a list of links. What leads into Azure's portal is text here. */
export function LinksPart({ content }: { content: z.infer<typeof LinksContent> }): ReactElement {
  const styles = useStyles();
  const { values, exportRow, fill } = useWorkbookState();
  const textOf = (link: WorkbookLink): string =>
    visible(fill([link.preText, link.linkLabel, link.postText].filter(Boolean).join(' ')));
  const setters = content.links.filter(({ linkTarget, cellValue }) => linkTarget === 'parameter' && cellValue);
  if ((content.style === 'tabs' || content.style === 'toolbar') && setters.length === content.links.length) {
    const chosen = setters.find(({ cellValue, subTarget }) => {
      const value = values.get(cellValue ?? '');
      return value?.kind === 'text' && value.values[0] === (subTarget ?? '');
    });
    return (
      <TabList
        selectedValue={chosen?.subTarget ?? ''}
        onTabSelect={(_, { value }) => {
          const link = setters.find(({ subTarget }) => (subTarget ?? '') === value);
          if (link?.cellValue) exportRow({ [link.cellValue]: link.subTarget ?? '' });
        }}
      >
        {setters.map((link, index) => (
          <Tab key={index} value={link.subTarget ?? ''}>
            {textOf(link)}
          </Tab>
        ))}
      </TabList>
    );
  }
  return (
    <div className={styles.list}>
      {content.links.map((link, index) => {
        const address = link.linkTarget === 'Url' ? webAddress(fill(link.cellValue ?? '')) : undefined;
        if (address)
          return (
            <a key={index} href={address} target="_blank" rel="noopener noreferrer" title={address}>
              {textOf(link) || address}
            </a>
          );
        if (link.linkTarget === 'parameter' && link.cellValue)
          return (
            <button
              key={index}
              type="button"
              onClick={() => exportRow({ [link.cellValue ?? '']: link.subTarget ?? '' })}
            >
              {textOf(link)}
            </button>
          );
        return (
          <span key={index} className={styles.off}>
            {textOf(link)}
          </span>
        );
      })}
    </div>
  );
}
