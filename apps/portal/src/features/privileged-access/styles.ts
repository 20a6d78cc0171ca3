import { makeStyles, tokens } from '@fluentui/react-components';

export const useTabStyles = makeStyles({
  split: { display: 'flex', flexGrow: 1, minHeight: 0, gap: tokens.spacingHorizontalM },
  bar: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    paddingBottom: tokens.spacingVerticalS,
  },
  stack: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL },
});
