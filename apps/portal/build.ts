import { build } from 'vite';

/** Builds the portal into `dist`, as `npm run build` does, for callers that know neither npm nor the place of Vite. */
await build({ root: import.meta.dirname, logLevel: 'error' });
