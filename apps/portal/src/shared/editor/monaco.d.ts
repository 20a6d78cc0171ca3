declare module 'monaco-editor/esm/vs/editor/edcore.main.js' {
  export * from 'monaco-editor/esm/vs/editor/editor.api.js';
}
declare module '@kusto/monaco-kusto/release/esm/monaco.contribution.js' {
  import type { editor, Uri } from 'monaco-editor/esm/vs/editor/editor.api.js';
  export interface KustoWorker {
    setSchema(schema: unknown): Promise<void>;
  }
  export function getKustoWorker(): Promise<(uri: Uri) => Promise<KustoWorker>>;
  export const kustoDefaults: {
    readonly languageSettings: Readonly<Record<string, unknown>>;
    setLanguageSettings(settings: Readonly<Record<string, unknown>>): void;
  };
  export const themeNames: { readonly light: string; readonly dark: string };
  export type Editor = editor.IStandaloneCodeEditor;
}
