import { Button, Dropdown, makeStyles, Option, Slider, Text, tokens } from '@fluentui/react-components';
import { NextRegular, PauseRegular, PlayRegular, PreviousRegular } from '@fluentui/react-icons';
import { useEffect, useRef, type ReactElement } from 'react';
import { plural } from '../../../shared/numbers.ts';
import { usePreferences } from '../../../shared/preferences.ts';
import { exact } from '../../../shared/time.ts';
import type { StoryStep } from './graph.ts';

const STEP_MS = 1_200;
export const speeds = [0.5, 1, 2, 4] as const;

const useStyles = makeStyles({
  root: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
  slider: { flexGrow: 1, minWidth: '160px' },
  speed: { minWidth: '84px' },
  time: { fontVariantNumeric: 'tabular-nums', minWidth: '23ch' },
});

export interface PlayerProps {
  readonly steps: readonly StoryStep[];
  /** How many steps are shown; all of them: the whole story. */
  readonly step: number;
  readonly onStep: (step: number) => void;
  readonly playing: boolean;
  readonly onPlaying: (playing: boolean) => void;
  readonly speed: number;
  readonly onSpeed: (speed: number) => void;
}

/** Plays a story step by step: slider, play and pause, speed. It moves nothing by itself but the step. */
export function Player(props: PlayerProps): ReactElement {
  const styles = useStyles();
  const { steps, step, playing, speed } = props;
  const { zone } = usePreferences();
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    if (!playing) return undefined;
    const timer = setInterval(() => {
      const { step: at, onStep, onPlaying } = latest.current;
      if (at >= steps.length) onPlaying(false);
      else onStep(at + 1);
    }, STEP_MS / speed);
    return () => clearInterval(timer);
  }, [playing, speed, steps.length]);
  const current = steps[step - 1];
  const shown = steps.slice(0, step).reduce((sum, { alertIds }) => sum + alertIds.length, 0);
  const time = current ? exact(new Date(current.at), zone) : 'before the first alert';
  const play = (): void => {
    if (!playing && step >= steps.length) props.onStep(0);
    props.onPlaying(!playing);
  };
  return (
    <div className={styles.root} role="group" aria-label="Play the story">
      <Button
        size="small"
        appearance="primary"
        icon={playing ? <PauseRegular /> : <PlayRegular />}
        onClick={play}
        disabled={steps.length === 0}
      >
        {playing ? 'Pause' : 'Play'}
      </Button>
      <Button
        size="small"
        appearance="subtle"
        icon={<PreviousRegular />}
        aria-label="Step back"
        title="Step back"
        disabled={step <= 0}
        onClick={() => props.onStep(step - 1)}
      />
      <Slider
        size="small"
        className={styles.slider}
        min={0}
        max={Math.max(1, steps.length)}
        value={step}
        aria-label="Time of the story"
        aria-valuetext={`${time}, ${plural(shown, 'alert')}`}
        onChange={(_, { value }) => props.onStep(value)}
      />
      <Button
        size="small"
        appearance="subtle"
        icon={<NextRegular />}
        aria-label="Step on"
        title="Step on"
        disabled={step >= steps.length}
        onClick={() => props.onStep(step + 1)}
      />
      <Text size={200} className={styles.time}>
        {time}
      </Text>
      <Dropdown
        size="small"
        className={styles.speed}
        aria-label="Speed"
        value={`${speed}×`}
        selectedOptions={[String(speed)]}
        onOptionSelect={(_, { optionValue }) => props.onSpeed(Number(optionValue ?? 1))}
      >
        {speeds.map((one) => (
          <Option key={one} value={String(one)} text={`${one}×`}>
            {`${one}×`}
          </Option>
        ))}
      </Dropdown>
    </div>
  );
}
