import { build } from 'vite';

// Vite leaves what is set as it is, and a test runner sets `test`: the portal would be built with React's development code, several times as slow.
process.env['NODE_ENV'] = 'production';
/** Builds the portal into `dist`, as `npm run build` does, for callers that know neither npm nor the place of Vite. */
await build({ root: import.meta.dirname, logLevel: 'error' });
