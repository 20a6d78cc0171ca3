import { makeStyles, tokens } from '@fluentui/react-components';

export const ROW_HEIGHT = 28;
/** Of the column with the check boxes. */
export const CHECK_WIDTH = 36;
/** Of the button that opens a header's menu. */
export const MENU_WIDTH = 24;

export const useTableStyles = makeStyles({
  root: {
    flexGrow: 1,
    minHeight: 0,
    overflow: 'auto',
    position: 'relative',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    outline: 'none',
    fontSize: tokens.fontSizeBase200,
  },
  head: {
    position: 'sticky',
    top: 0,
    zIndex: 1,
    height: `${ROW_HEIGHT}px`,
    backgroundColor: tokens.colorNeutralBackground2,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
  row: { position: 'absolute', top: 0, left: 0, height: `${ROW_HEIGHT}px` },
  stripe: { borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`, boxSizing: 'border-box' },
  current: { backgroundColor: tokens.colorNeutralBackground1Selected },
  fresh: {
    backgroundColor: tokens.colorStatusSuccessBackground1,
    boxShadow: `inset ${tokens.strokeWidthThicker} 0 ${tokens.colorStatusSuccessBorder2}`,
  },
  cell: {
    position: 'absolute',
    top: 0,
    left: 0,
    height: '100%',
    boxSizing: 'border-box',
    padding: `0 ${tokens.spacingHorizontalS}`,
    lineHeight: `${ROW_HEIGHT}px`,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    cursor: 'default',
  },
  mono: { fontFamily: tokens.fontFamilyMonospace },
  end: { textAlign: 'end', fontVariantNumeric: 'tabular-nums' },
  active: {
    outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`,
    outlineOffset: `calc(-1 * ${tokens.strokeWidthThick})`,
  },
  check: { display: 'flex', alignItems: 'center', justifyContent: 'center', padding: 0 },
  group: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    width: '100%',
    padding: `0 ${tokens.spacingHorizontalS}`,
    fontWeight: tokens.fontWeightSemibold,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  header: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXXS,
    border: 'none',
    background: 'none',
    font: 'inherit',
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightSemibold,
    color: tokens.colorNeutralForeground2,
    textAlign: 'start',
    cursor: 'pointer',
    ':hover': { color: tokens.colorNeutralForeground2Hover, backgroundColor: tokens.colorNeutralBackground2Hover },
  },
  headerEnd: { justifyContent: 'flex-end' },
  headerText: { overflow: 'hidden', textOverflow: 'ellipsis' },
});
