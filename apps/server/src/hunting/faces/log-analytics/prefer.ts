import { SallyportError } from '@sallyport/contracts';

/** What a `Prefer` header asks for. https://learn.microsoft.com/azure/azure-monitor/logs/api/prefer-options */
export interface Preferences {
  /** Seconds that the query may take. */
  readonly wait: number;
  readonly statistics: boolean;
  readonly render: boolean;
  readonly dataSources: boolean;
  readonly permissions: boolean;
}

const defaultWait = 180;
const waitMax = 600;

/**
 * Reads it. Preferences that are unknown are passed over (RFC 7240), so is `ai.response-thinning`, since nothing is thinned here.
 * A `wait` that is no number of seconds throws BadRequest; one over the maximum counts as the maximum.
 */
export function preferences(header: string | undefined): Preferences {
  const given = new Map(
    (header ?? '')
      .split(/[,;]/)
      .map((part) => part.split('='))
      .map(([name = '', value = 'true']) => [
        name.trim().toLowerCase(),
        value.trim().replaceAll('"', '').toLowerCase(),
      ]),
  );
  const wait = given.get('wait');
  if (wait !== undefined && !/^[1-9]\d{0,6}$/.test(wait))
    throw new SallyportError('BadRequest', 'Prefer: `wait` is a number of seconds');
  const asked = (name: string) => given.get(name) === 'true';
  return {
    wait: Math.min(Number(wait ?? defaultWait), waitMax),
    statistics: asked('include-statistics'),
    render: asked('include-render'),
    dataSources: asked('include-datasources'),
    permissions: asked('include-permissions'),
  };
}
