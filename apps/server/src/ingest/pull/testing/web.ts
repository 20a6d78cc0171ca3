import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface TestWeb {
  readonly port: number;
  readonly base: string;
  /** What was asked, in order: method, path with query. */
  readonly asked: string[];
  close(): Promise<void>;
}

export type Answerer = (
  request: {
    readonly url: URL;
    readonly headers: IncomingMessage['headers'];
    readonly method: string;
    readonly body: string;
  },
  response: ServerResponse,
) => void;

/** An HTTPS server on localhost that answers as a test says. */
export async function startTestWeb(tls: { certificate: string; key: string }, answer: Answerer): Promise<TestWeb> {
  const asked: string[] = [];
  const server = createServer({ cert: tls.certificate, key: tls.key }, (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', `https://localhost`);
      asked.push(`${request.method ?? ''} ${url.pathname}${url.search}`);
      const { headers, method = '' } = request;
      answer({ url, headers, method, body: Buffer.concat(parts).toString() }, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    base: `https://localhost:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const json = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};
