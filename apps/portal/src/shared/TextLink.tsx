import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { createLink } from '@tanstack/react-router';
import { forwardRef, type AnchorHTMLAttributes } from 'react';

const useStyles = makeStyles({
  root: {
    color: tokens.colorBrandForegroundLink,
    textDecorationLine: 'none',
    borderRadius: tokens.borderRadiusSmall,
    ':hover': { textDecorationLine: 'underline', color: tokens.colorBrandForegroundLinkHover },
    ':focus-visible': { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  inline: { textDecorationLine: 'underline' },
});

const Anchor = forwardRef<HTMLAnchorElement, AnchorHTMLAttributes<HTMLAnchorElement>>(function Anchor(props, ref) {
  const styles = useStyles();
  // The router gives children; the rule cannot see them.
  // eslint-disable-next-line jsx-a11y/anchor-has-content
  return <a ref={ref} {...props} className={mergeClasses(styles.root, props.className)} />;
});

const InlineAnchor = forwardRef<HTMLAnchorElement, AnchorHTMLAttributes<HTMLAnchorElement>>(
  function InlineAnchor(props, ref) {
    const styles = useStyles();
    return <Anchor ref={ref} {...props} className={mergeClasses(styles.inline, props.className)} />;
  },
);

/** A link to a page of the portal that stands by itself: in a cell, a list, a corner. */
export const TextLink = createLink(Anchor);

/** A link within a sentence: underlined, since colour alone does not tell it from the text around it. */
export const InlineLink = createLink(InlineAnchor);
