import { SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api';

export interface Tracing {
  /**
   * Runs `work` in a span, which ends with it and carries its error. `name` is of a bounded set (`job rule-run`, `query`): ids go in
   * `attributes`. Without an OpenTelemetry SDK in the process this costs next to nothing.
   */
  span<T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T>;
}

/** Spans of the OpenTelemetry API. An operator adds the SDK with `NODE_OPTIONS=--import …`; none is shipped. */
export function createTracing(): Tracing {
  const tracer = trace.getTracer('sallyport');
  return {
    span: (name, attributes, work) =>
      tracer.startActiveSpan(name, { attributes }, async (span) => {
        try {
          return await work(span);
        } catch (error) {
          span.recordException(error instanceof Error ? error : String(error));
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      }),
  };
}
