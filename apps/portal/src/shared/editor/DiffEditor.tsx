import { makeStyles } from '@fluentui/react-components';
import { useEffect, useRef, type ReactElement } from 'react';
import { useDark } from '../dark.ts';
import { monaco, setEditorTheme } from './kusto.ts';

const useStyles = makeStyles({ root: { width: '100%', height: '100%', minHeight: 0 } });

const FONT_SIZE = 13;

/** Two texts side by side, with what differs marked. Nothing of it can be changed. */
export default function DiffEditor(props: {
  readonly label: string;
  readonly before: string;
  readonly after: string;
  readonly language: 'kusto' | 'plaintext';
}): ReactElement {
  const styles = useStyles();
  const host = useRef<HTMLDivElement>(null);
  const dark = useDark();
  useEffect(() => setEditorTheme(dark), [dark]);
  const { label, before, after, language } = props;
  useEffect(() => {
    const original = monaco.editor.createModel(before, language);
    const modified = monaco.editor.createModel(after, language);
    const editor = monaco.editor.createDiffEditor(host.current!, {
      readOnly: true,
      originalEditable: false,
      automaticLayout: true,
      fontSize: FONT_SIZE,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      wordWrap: 'on',
      renderOverviewRuler: false,
      hideUnchangedRegions: { enabled: true },
      unicodeHighlight: { invisibleCharacters: true, ambiguousCharacters: true },
    });
    editor.setModel({ original, modified });
    // The diff editor's own options of this are lost with the next change of its others.
    const name = (): void => {
      editor.getOriginalEditor().updateOptions({ ariaLabel: `${label}: as it ships` });
      editor.getModifiedEditor().updateOptions({ ariaLabel: `${label}: as it is here` });
    };
    name();
    editor.onDidUpdateDiff(name);
    return () => {
      editor.dispose();
      original.dispose();
      modified.dispose();
    };
  }, [label, before, after, language]);
  return <div ref={host} className={styles.root} data-diff-editor />;
}
