/**
 * Monaco and Kusto's language service, set up once. This module is large and is only imported when an editor is shown. Both
 * workers are files of our own origin; Kusto's needs no `eval` (its two uses, Bridge.NET's text lambdas, are never reached).
 */
// First: Kusto's module starts Monaco's services, after which no feature can be added.
import * as monaco from 'monaco-editor/esm/vs/editor/edcore.main.js';
import { webDarkTheme, webLightTheme } from '@fluentui/react-components';
import { getKustoWorker, kustoDefaults, themeNames } from '@kusto/monaco-kusto/release/esm/monaco.contribution.js';
// oxlint-disable-next-line import/default -- Vite makes the module
import KustoWorker from '@kusto/monaco-kusto/release/esm/kusto.worker.js?worker';
// oxlint-disable-next-line import/default -- Vite makes the module
import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker';
import { engineSchema, type CatalogueSchema } from './schema.ts';

window.MonacoEnvironment = {
  getWorker: (_, label) => (label === 'kusto' ? new KustoWorker() : new EditorWorker()),
};

kustoDefaults.setLanguageSettings({
  ...kustoDefaults.languageSettings,
  includeControlCommands: false,
  enableQueryWarnings: false,
  enableQuerySuggestions: false,
});

/** Kusto's colours on Fluent's background. */
function defineTheme(name: string, base: 'vs' | 'vs-dark', kusto: string, theme: typeof webLightTheme): void {
  monaco.editor.defineTheme(name, {
    base,
    inherit: true,
    rules: tokenRules(kusto),
    colors: {
      'editor.background': theme.colorNeutralBackground1,
      'editorGutter.background': theme.colorNeutralBackground1,
      'editorLineNumber.foreground': theme.colorNeutralForeground4,
      'editorWidget.background': theme.colorNeutralBackground1,
      'editorSuggestWidget.background': theme.colorNeutralBackground1,
      'editorSuggestWidget.selectedBackground': theme.colorBrandBackground2,
      'editorSuggestWidget.selectedForeground': theme.colorNeutralForeground1,
      'editorSuggestWidget.highlightForeground': theme.colorBrandForeground1,
      'editorSuggestWidget.focusHighlightForeground': theme.colorBrandForeground1,
    },
  });
}

/** The colours of Kusto's tokens: each at least 4.5:1 on the background above. */
function tokenRules(kusto: string): monaco.editor.ITokenThemeRule[] {
  const light = kusto === themeNames.light;
  const colours: [string, string, string][] = [
    ['comment', '0e6b0e', '7fb36b'],
    ['variable.predefined', '800080', '4ec9b0'],
    ['function', '0000c8', 'dcdcaa'],
    ['operator.sql', 'b83000', '9cdcfe'],
    ['string', 'a31515', 'ce9178'],
    ['operator.scss', '0000c8', '6cb2eb'],
    ['variable', 'b0126e', '4ec9b0'],
    ['variable.parameter', '8227b5', 'd19fd0'],
    ['number', '0b6b57', 'b5cea8'],
  ];
  return colours.map(([token, day, night]) => ({ token, foreground: light ? day : night }));
}

const themes = { light: 'sallyport-light', dark: 'sallyport-dark' } as const;
defineTheme(themes.light, 'vs', themeNames.light, webLightTheme);
defineTheme(themes.dark, 'vs-dark', themeNames.dark, webDarkTheme);

export const setEditorTheme = (dark: boolean): void => monaco.editor.setTheme(dark ? themes.dark : themes.light);

/** Gives the language service our tables and functions: completion, hovers and errors follow them. */
export async function setCatalogue(model: monaco.editor.ITextModel, catalogue: CatalogueSchema): Promise<void> {
  const accessor = await getKustoWorker();
  const worker = await accessor(model.uri);
  await worker.setSchema(engineSchema(catalogue));
}

export interface TargetColumns {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

const targets = new Map<string, TargetColumns>();

/** The columns that a transform may give, completed where one is named: Kusto's own service knows those of its source only. */
export function setTarget(model: monaco.editor.ITextModel, target: TargetColumns | undefined): void {
  const key = model.uri.toString();
  if (target === undefined) targets.delete(key);
  else targets.set(key, target);
}

/** Where a column is named: after `project`, `extend` or a comma. */
const namesColumn = /(?:\b(?:project|extend)\s+|,\s*)\w*$/;

monaco.languages.registerCompletionItemProvider('kusto', {
  provideCompletionItems: (model, position) => {
    const target = targets.get(model.uri.toString());
    const { lineNumber, column } = position;
    const before = model.getValueInRange({
      startLineNumber: 1,
      startColumn: 1,
      endLineNumber: lineNumber,
      endColumn: column,
    });
    if (target === undefined || !namesColumn.test(before)) return { suggestions: [] };
    const word = model.getWordUntilPosition(position);
    const range = {
      startLineNumber: lineNumber,
      endLineNumber: lineNumber,
      startColumn: word.startColumn,
      endColumn: word.endColumn,
    };
    return {
      suggestions: target.columns.map(({ name, type }) => ({
        label: name,
        kind: monaco.languages.CompletionItemKind.Field,
        detail: `${type} of ${target.table}`,
        insertText: `${name} = `,
        range,
      })),
    };
  },
});

export { monaco };
