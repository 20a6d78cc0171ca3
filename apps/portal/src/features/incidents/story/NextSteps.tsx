import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { DocumentBulletListRegular, PersonSearchRegular, SearchSquareRegular } from '@fluentui/react-icons';
import type { NextStep } from '@sallyport/contracts';
import { useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { encodeFragment } from '../../../shared/address.ts';
import { Section } from '../../../shared/Section.tsx';
import { visible } from '../../../shared/text.ts';
import { inWorkspace } from '../../../shared/workspaces.ts';

const useStyles = makeStyles({
  list: {
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
  },
  step: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM },
  text: { flexGrow: 1, minWidth: 0, overflowWrap: 'anywhere' },
  why: { color: tokens.colorNeutralForeground3 },
});

/** What to do next, each with the place where it is done. */
export function NextSteps(props: {
  steps: readonly NextStep[];
  /** The incident's. */
  workspaceId: string | null;
  onEntity: (id: string) => void;
}): ReactElement | null {
  const styles = useStyles();
  const navigate = useNavigate();
  if (props.steps.length === 0) return null;
  const act = ({ link }: NextStep): void => {
    if (link.kind === 'entity') props.onEntity(link.id);
    else if (link.kind === 'rule') void navigate({ to: '/rules/$id', params: { id: link.id } });
    else
      void navigate({
        to: '/hunting',
        search: { range: `${link.from}/${link.to}`, ...inWorkspace(props.workspaceId) },
        hash: `query=${encodeFragment(link.query)}`,
      });
  };
  const buttons = {
    hunt: ['Hunt', <SearchSquareRegular key="h" />],
    entity: ['Look', <PersonSearchRegular key="e" />],
    rule: ['Open rule', <DocumentBulletListRegular key="r" />],
  } as const;
  return (
    <Section title="What to do next" card>
      <ol className={styles.list}>
        {props.steps.map((step) => {
          const [name, icon] = buttons[step.link.kind];
          return (
            <li key={step.id} className={styles.step}>
              <div className={styles.text}>
                <Text weight="semibold" block>
                  {visible(step.title)}
                </Text>
                <Text size={200} className={styles.why} block>
                  {visible(step.why)}
                </Text>
              </div>
              <Button size="small" icon={icon} aria-label={`${name}: ${visible(step.title)}`} onClick={() => act(step)}>
                {name}
              </Button>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}
