import { makeStyles, tokens } from '@fluentui/react-components';
import type { ReactElement } from 'react';
import ReactMarkdown from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { visible } from './text.ts';

const useStyles = makeStyles({
  root: {
    overflowWrap: 'anywhere',
    '& h1, & h2, & h3, & h4': { margin: `${tokens.spacingVerticalS} 0`, fontWeight: tokens.fontWeightSemibold },
    '& h1': { fontSize: tokens.fontSizeBase600, lineHeight: tokens.lineHeightBase600 },
    '& h2': { fontSize: tokens.fontSizeBase500, lineHeight: tokens.lineHeightBase500 },
    '& h3': { fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400 },
    '& p, & ul, & ol': { margin: `${tokens.spacingVerticalXS} 0`, maxWidth: '100ch' },
    '& code': { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200 },
    '& pre': { overflowX: 'auto', padding: tokens.spacingHorizontalS, backgroundColor: tokens.colorNeutralBackground3 },
    '& table': { borderCollapse: 'collapse' },
    '& th, & td': {
      textAlign: 'start',
      padding: `${tokens.spacingVerticalXXS} ${tokens.spacingHorizontalS}`,
      border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    },
  },
});

/**
 * Markdown of others, safe to look at: no HTML, no images (an image asks a server elsewhere, and tells it who looks), and links that open apart and say where they go. Headings begin a level
 * lower, since a page has one title. Load it lazily.
 */
export default function Markdown({ text }: { text: string }): ReactElement {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        skipHtml
        disallowedElements={['img']}
        components={{
          h1: ({ children }) => <h2>{children}</h2>,
          h2: ({ children }) => <h3>{children}</h3>,
          h3: ({ children }) => <h4>{children}</h4>,
          a: ({ href, children }) =>
            href && /^https?:\/\//i.test(href) ? (
              <a href={href} target="_blank" rel="noopener noreferrer" title={href}>
                {children}
              </a>
            ) : (
              <>{children}</>
            ),
        }}
      >
        {visible(text, { lines: true })}
      </ReactMarkdown>
    </div>
  );
}
