import { Field, makeStyles, tokens } from '@fluentui/react-components';
import type { Column, QueryFault } from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';
import { visible } from '../../shared/text.ts';
import { TransformEditor } from './TransformEditor.tsx';

const HEIGHT = '128px';
/** What stands before the condition, so that the language service knows whose columns it may name. */
const PREFIX = 'source\n| where ';
const prefix = /^\s*source\s*\|\s*where\s?/;

const useStyles = makeStyles({
  wide: { gridColumn: '1 / -1' },
  editor: { display: 'flex', flexDirection: 'column', height: HEIGHT, paddingTop: tokens.spacingVerticalXXS },
});

const shifted = (fault: QueryFault): QueryFault => ({
  ...fault,
  start: fault.start + PREFIX.length,
  end: fault.end + PREFIX.length,
});

/** The condition on a record, with its columns completed as in a transform. */
export function AcceptEditor(props: {
  value: string;
  columns: readonly Column[];
  faults: readonly QueryFault[] | undefined;
  onChange: (value: string) => void;
}): ReactElement {
  const styles = useStyles();
  const { value, faults } = props;
  /** Raised to show the text anew, when its beginning was taken away. */
  const [shown, setShown] = useState(0);
  const [fault] = faults ?? [];
  const at = fault && value.slice(fault.start, fault.end).trim();
  return (
    <Field
      className={styles.wide}
      label="Accept"
      hint="KQL over the record. What is not true is kept as refused; what is, a flow must take"
      {...(fault
        ? {
            validationState: 'error' as const,
            validationMessage: visible(at ? `at “${at}”: ${fault.message}` : fault.message),
          }
        : {})}
    >
      <div className={styles.editor}>
        <TransformEditor
          key={shown}
          label="Accept"
          value={PREFIX + value}
          columns={props.columns}
          faults={faults?.map(shifted)}
          onChange={(text) => {
            if (!text.startsWith(PREFIX)) setShown(shown + 1);
            const condition = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text.replace(prefix, '');
            if (text.startsWith(PREFIX) || prefix.test(text)) props.onChange(condition);
          }}
        />
      </div>
    </Field>
  );
}
