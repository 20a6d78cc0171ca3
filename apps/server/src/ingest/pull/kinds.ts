import { connectorKinds, SallyportError, type ConnectorKind, type ConnectorSettings } from '@sallyport/contracts';
import { z } from 'zod';
import { filesKind } from './files/index.ts';
import { httpKind } from './http/index.ts';
import { imapKind } from './imap/index.ts';
import { s3Kind } from './s3/index.ts';
import type { Kind, Page, PollContext, PullServices } from './types.ts';

/** A connector's kind and settings, together so that they fit each other. */
export interface Bound {
  readonly kind: ConnectorKind;
  identity(): string;
  destination(): string;
  check(secrets: Readonly<Record<string, string>>, services: PullServices): void;
  pages(context: Omit<PollContext, 'settings'>): AsyncGenerator<Page>;
}

function bind<K extends ConnectorKind>(name: K, kind: Kind<K>, settings: ConnectorSettings<K>): Bound {
  return {
    kind: name,
    identity: () => kind.identity(settings),
    destination: () => kind.destination(settings),
    check: (secrets, services) => kind.check(settings, secrets, services),
    pages: (context) => kind.pages({ ...context, settings }),
  };
}

const binders: { readonly [K in ConnectorKind]: (settings: unknown) => Bound } = {
  s3: (settings) => bind('s3', s3Kind, connectorKinds.s3.settings.parse(settings)),
  http: (settings) => bind('http', httpKind, connectorKinds.http.settings.parse(settings)),
  files: (settings) => bind('files', filesKind, connectorKinds.files.settings.parse(settings)),
  imap: (settings) => bind('imap', imapKind, connectorKinds.imap.settings.parse(settings)),
};

/** Throws SallyportError BadRequest when the settings are not of the kind, as those that an older version stored may be. */
export function bound(kind: ConnectorKind, settings: unknown): Bound {
  try {
    return binders[kind](settings);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const [first] = error.issues;
    throw new SallyportError('BadRequest', first?.message ?? 'the settings are wrong', {
      target: `body.settings.${first?.path.join('.') ?? ''}`,
    });
  }
}
