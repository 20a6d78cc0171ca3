import { makeStyles } from '@fluentui/react-components';
import type { QueryFault } from '@sallyport/contracts';
import { useEffect, useRef, type ReactElement } from 'react';
import { useDark } from '../dark.ts';
import { blockAt, type Block } from './blocks.ts';
import { faultsIn, whenRested } from './check.ts';
import { monaco, setCatalogue, setEditorTheme, setTarget, type TargetColumns } from './kusto.ts';
import type { CatalogueSchema } from './schema.ts';

const useStyles = makeStyles({ root: { width: '100%', height: '100%', minHeight: 0 } });

export interface EditorHandle {
  /** What Run runs: the selection, else the query at the cursor. */
  readonly current: () => Block | undefined;
  readonly insert: (text: string) => void;
  readonly focus: () => void;
  /** Lays the text out by Kusto's own formatter. */
  readonly format: () => void;
}

export interface KqlEditorProps {
  readonly value: string;
  readonly onChange?: (value: string) => void;
  /** Shift-Enter and Ctrl-Enter. */
  readonly onRun?: () => void;
  readonly onReady?: (handle: EditorHandle) => void;
  readonly catalogue?: CatalogueSchema | undefined;
  readonly readOnly?: boolean;
  readonly label: string;
  /** Where the server found a fault: UTF-16 offsets into `value`, underlined until the text changes. */
  readonly fault?: { readonly from: number; readonly to: number; readonly message: string } | undefined;
  /** More such places, as warnings; those of Kusto's own codes are left to its language service. */
  readonly faults?: readonly QueryFault[] | undefined;
  /** Columns that the text may give, to be completed beside those of the catalogue. */
  readonly target?: TargetColumns | undefined;
  /** Asked about each query of the text, once it rests: what the engine does not run is underlined before it is run. */
  readonly check?: (query: string, signal: AbortSignal) => Promise<readonly QueryFault[]>;
}

const FONT_SIZE = 13;
/** How long a text is kept after its editor is gone. */
const DISPOSE_MS = 60_000;

/** The KQL editor: completion, hovers and errors from the catalogue, by Kusto's own language service in a worker. */
export default function KqlEditor(props: KqlEditorProps): ReactElement {
  const styles = useStyles();
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneCodeEditor>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const dark = useDark();
  useEffect(() => setEditorTheme(dark), [dark]);

  useEffect(() => {
    const { value, readOnly, label, onReady } = latest.current;
    const model = monaco.editor.createModel(value, 'kusto');
    const made = monaco.editor.create(host.current!, {
      model,
      readOnly: readOnly ?? false,
      ariaLabel: label,
      automaticLayout: true,
      fontSize: FONT_SIZE,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      lineNumbersMinChars: 3,
      folding: false,
      glyphMargin: false,
      renderLineHighlight: 'none',
      overviewRulerLanes: 0,
      wordWrap: 'on',
      fixedOverflowWidgets: true,
      unicodeHighlight: { invisibleCharacters: true, ambiguousCharacters: true },
      'semanticHighlighting.enabled': true,
      padding: { top: 8, bottom: 8 },
    });
    editor.current = made;
    made.onDidChangeModelContent(() => {
      monaco.editor.setModelMarkers(made.getModel()!, 'server', []);
      latest.current.onChange?.(made.getValue());
    });
    for (const keys of [monaco.KeyMod.Shift | monaco.KeyCode.Enter, monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter])
      made.addCommand(keys, () => latest.current.onRun?.());
    onReady?.({
      current: () => {
        const model = made.getModel();
        const selection = made.getSelection();
        if (!model || !selection) return undefined;
        const from = model.getOffsetAt(selection.getStartPosition());
        const to = model.getOffsetAt(selection.getEndPosition());
        const text = model.getValue().slice(from, to);
        if (text.trim() !== '') return { text, from, to };
        return blockAt(model.getValue(), model.getOffsetAt(selection.getPosition()));
      },
      insert: (text) => {
        made.trigger('portal', 'type', { text });
        made.focus();
      },
      focus: () => made.focus(),
      format: () => void made.getAction('editor.action.formatDocument')?.run(),
    });
    return () => {
      made.dispose();
      editor.current = null;
      // Kusto's worker may still be at it, and its answer looks for the text.
      setTimeout(() => model.dispose(), DISPOSE_MS);
    };
  }, []);

  useEffect(() => {
    if (editor.current && editor.current.getValue() !== props.value) editor.current.setValue(props.value);
  }, [props.value]);

  useEffect(() => {
    const model = editor.current?.getModel();
    if (model && props.catalogue) void setCatalogue(model, props.catalogue);
  }, [props.catalogue]);

  const { fault } = props;
  useEffect(() => {
    const model = editor.current?.getModel();
    if (!model) return;
    const markers = fault ? [marker(model, fault.message, fault.from, fault.to)] : [];
    monaco.editor.setModelMarkers(model, 'server', markers);
  }, [fault]);

  const { faults } = props;
  useEffect(() => {
    const model = editor.current?.getModel();
    if (!model) return;
    const markers = (faults ?? [])
      .filter(({ code }) => !code.startsWith('KS'))
      .map(({ message, start, end }) => marker(model, message, start, end));
    monaco.editor.setModelMarkers(model, 'stream', markers);
  }, [faults]);

  useEffect(() => {
    const model = editor.current?.getModel();
    if (!model) return undefined;
    setTarget(model, props.target);
    return () => setTarget(model, undefined);
  }, [props.target]);

  const { value, check } = props;
  useEffect(() => {
    const model = editor.current?.getModel();
    if (!model || !check) return undefined;
    return whenRested(async (signal) => {
      const found = await faultsIn(value, (query) => check(query, signal));
      if (signal.aborted || model.isDisposed() || model.getValue() !== value) return;
      const markers = found.map(({ message, start, end }) => marker(model, message, start, end));
      monaco.editor.setModelMarkers(model, 'engine', markers);
    });
  }, [value, check]);

  return <div ref={host} className={styles.root} data-kql-editor />;
}

/** A fault as its underline. A warning: Kusto's mode takes away the underlines of all errors that are not its own. */
const marker = (model: monaco.editor.ITextModel, message: string, from: number, to: number) => ({
  severity: monaco.MarkerSeverity.Warning,
  message,
  ...range(model, from, Math.max(to, from + 1)),
});

function range(model: monaco.editor.ITextModel, from: number, to: number): monaco.IRange {
  const [start, end] = [model.getPositionAt(from), model.getPositionAt(to)];
  return {
    startLineNumber: start.lineNumber,
    startColumn: start.column,
    endLineNumber: end.lineNumber,
    endColumn: end.column,
  };
}
