/** What the tests use of Splunk's client, which comes without types. */
declare module 'splunk-logging' {
  export interface SendContext {
    readonly message: unknown;
    readonly severity?: string;
    readonly metadata?: Readonly<Record<string, unknown>>;
  }
  export class Logger {
    constructor(config: { token: string; url: string; path?: string; maxRetries?: number });
    readonly requestOptions: { ca?: string; strictSSL?: boolean };
    error: (error: unknown, context: SendContext) => void;
    send(context: SendContext, callback: (error: unknown, response: unknown, body: unknown) => void): void;
  }
}
