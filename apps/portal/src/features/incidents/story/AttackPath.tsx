import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { ChevronRightRegular } from '@fluentui/react-icons';
import { tactics, type IncidentStory, type PathStep } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { plural } from '../../../shared/numbers.ts';
import { RelativeTime } from '../../../shared/RelativeTime.tsx';
import { Section } from '../../../shared/Section.tsx';
import { TextLink } from '../../../shared/TextLink.tsx';
import { visible, words } from '../../../shared/text.ts';

const order: readonly string[] = tactics;

const useStyles = makeStyles({
  path: {
    margin: 0,
    padding: 0,
    listStyleType: 'none',
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'stretch',
    gap: tokens.spacingHorizontalS,
  },
  step: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  card: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXXS,
    width: '208px',
    padding: tokens.spacingHorizontalS,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    height: '100%',
    boxSizing: 'border-box',
  },
  tactic: { fontWeight: tokens.fontWeightSemibold },
  muted: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  list: { margin: 0, padding: 0, listStyleType: 'none' },
  arrow: { color: tokens.colorNeutralForeground3, flexShrink: 0 },
});

/** Techniques in the order in which they were first seen, those of one tactic that follow each other together. */
export function stagesOf(path: readonly PathStep[]): { tactic: string; steps: PathStep[] }[] {
  const stages: { tactic: string; steps: PathStep[] }[] = [];
  const sorted = path.toSorted((a, b) =>
    a.firstAt === b.firstAt ? order.indexOf(a.tactic) - order.indexOf(b.tactic) : a.firstAt < b.firstAt ? -1 : 1,
  );
  for (const step of sorted) {
    const last = stages.at(-1);
    if (last?.tactic === step.tactic) last.steps.push(step);
    else stages.push({ tactic: step.tactic, steps: [step] });
  }
  return stages;
}

export function AttackPath({ story, number }: { story: IncidentStory; number: number }): ReactElement | null {
  const styles = useStyles();
  const stages = stagesOf(story.path);
  if (stages.length === 0) return null;
  return (
    <Section title="Path over ATT&CK" card>
      <ol className={styles.path}>
        {stages.map((stage, index) => (
          <li key={`${stage.tactic} ${stage.steps[0]?.firstAt ?? index}`} className={styles.step}>
            {index > 0 && <ChevronRightRegular className={styles.arrow} aria-hidden />}
            <div className={styles.card}>
              <span className={styles.tactic}>{words(visible(stage.tactic))}</span>
              <ul className={styles.list}>
                {stage.steps.map((step) => (
                  <li key={step.technique}>
                    <TextLink
                      to="/incidents/$number"
                      params={{ number: String(number) }}
                      search={{ tab: 'alerts', alert: step.alertIds[0] }}
                    >
                      {step.technique === ''
                        ? plural(step.alertCount, 'alert')
                        : visible(`${step.technique} ${step.name}`.trim())}
                    </TextLink>{' '}
                    {step.technique !== '' && <span className={styles.muted}>{plural(step.alertCount, 'alert')}</span>}
                  </li>
                ))}
              </ul>
              <Text size={200} className={styles.muted}>
                <RelativeTime at={stage.steps[0]?.firstAt ?? null} form="exact" />
              </Text>
            </div>
          </li>
        ))}
      </ol>
    </Section>
  );
}
