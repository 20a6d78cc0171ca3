import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { fixtureServer } from './dev/fixture-server.ts';

/** Where `vite` (dev) and `vite preview` send what the portal asks of the server. */
const server = process.env['SALLYPORT_URL'] ?? 'https://127.0.0.1:8443';
const fixtures = process.env['SALLYPORT_FIXTURES'] === '1';
const proxied = ['/api', '/healthz', '/readyz', '/metrics'];

/** Libraries that only some pages need, loaded when one of them is opened. */
const large =
  /node_modules[\\/](monaco-|@kusto|echarts|zrender|@xyflow|d3-|maplibre|react-markdown|micromark|mdast|remark|elkjs|dagre)/;

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), ...(fixtures ? [fixtureServer()] : [])],
  // Kusto's language service is C# compiled to JavaScript and looks for Node's name of the global object.
  define: { global: 'globalThis' },
  server: {
    // The server's certificate is of our own authority, which this machine's Node does not know in development.
    proxy: fixtures ? {} : Object.fromEntries(proxied.map((path) => [path, { target: server, secure: false }])),
  },
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    target: 'es2022',
    // The content security policy has no `data:`; every asset is a file of our own origin.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 8_000,
    rolldownOptions: {
      output: {
        // By itself each set of pages that share something makes a file of it: a page asked for a hundred.
        codeSplitting: {
          groups: [
            { name: 'app', tags: ['$initial'] },
            { name: 'common', minShareCount: 6, test: (id) => !large.test(id) },
          ],
        },
      },
    },
  },
});
