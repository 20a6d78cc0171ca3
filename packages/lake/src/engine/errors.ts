/** An error in ClickHouse's terms: code, text and name. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly code: number;
  readonly codeName: string;
  constructor(code: number, message: string, codeName: string) {
    super(message);
    this.code = code;
    this.codeName = codeName;
  }
}

const shape = /Code: (\d+)\. DB::Exception: ([\s\S]*)/;

/** An error thrown by the addon as an EngineError; what has no code of the engine's becomes 1002 (unknown exception). */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const found = shape.exec(text);
  if (!found) return new EngineError(1002, text, 'UNKNOWN_EXCEPTION');
  const message = found[2]!.trimEnd();
  const name = /\(([A-Z][A-Z0-9_]+)\)$/.exec(message)?.[1] ?? 'UNKNOWN_EXCEPTION';
  return new EngineError(Number(found[1]), message.replace(/\s*\([A-Z][A-Z0-9_]+\)$/, ''), name);
}

const statuses: Readonly<Record<number, number>> = {
  // After ClickHouse's own table, src/Server/HTTP/exceptionCodeToHTTPStatus.
  36: 400,
  43: 400,
  47: 400,
  50: 400,
  53: 400,
  62: 400,
  81: 404,
  60: 404,
  16: 404,
  46: 404,
  115: 404,
  164: 403,
  192: 403,
  193: 403,
  194: 401,
  291: 403,
  497: 403,
  516: 403,
  159: 408,
  202: 503,
  1000: 413,
};

/** The HTTP status ClickHouse answers an error code with. */
export const httpStatus = (code: number): number => statuses[code] ?? 500;

/** The body of an error answer. */
export const errorText = (error: EngineError, version: string): string =>
  `Code: ${error.code}. DB::Exception: ${error.message} (${error.codeName}) (version ${version})\n`;
