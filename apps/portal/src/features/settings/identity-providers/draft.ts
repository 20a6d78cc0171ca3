import { IdentityProviderInput, type IdentityProvider } from '@sallyport/contracts';

/** What stands in the fields of the form, as typed. */
export interface Draft {
  readonly displayName: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Empty: the one that is there stays. */
  readonly clientSecret: string;
  readonly domains: string;
  readonly scopes: string;
  readonly userPrincipalName: string;
  readonly groupsClaim: string;
  readonly amr: string;
  readonly acr: string;
  /** `value = name of a group here`, one a line. */
  readonly groups: string;
  /** `value = role`, one a line. */
  readonly roles: string;
  readonly createPeople: boolean;
  readonly linkPeople: boolean;
  readonly requireMultiFactor: boolean;
}

export interface KnownGroup {
  readonly id: string;
  readonly name: string;
}

export const emptyDraft: Draft = {
  displayName: '',
  issuer: '',
  clientId: '',
  clientSecret: '',
  domains: '',
  scopes: 'openid profile email',
  userPrincipalName: 'email',
  groupsClaim: 'groups',
  amr: 'mfa',
  acr: 'phr phrh',
  groups: '',
  roles: '',
  createPeople: true,
  linkPeople: false,
  requireMultiFactor: true,
};

export function draftOf(provider: IdentityProvider, groups: readonly KnownGroup[]): Draft {
  const { settings } = provider;
  return {
    ...emptyDraft,
    displayName: provider.displayName,
    issuer: settings.issuer,
    clientId: settings.clientId,
    domains: provider.domains.join(' '),
    scopes: settings.scopes.join(' '),
    userPrincipalName: settings.claims.userPrincipalName,
    groupsClaim: settings.claims.groups,
    amr: settings.multiFactor.amr.join(' '),
    acr: settings.multiFactor.acr.join(' '),
    groups: provider.groups
      .map(({ value, groupId }) => `${value} = ${groups.find(({ id }) => id === groupId)?.name ?? groupId}`)
      .join('\n'),
    roles: provider.roles.map(({ value, role }) => `${value} = ${role}`).join('\n'),
    createPeople: provider.createPeople,
    linkPeople: provider.linkPeople,
    requireMultiFactor: provider.requireMultiFactor,
  };
}

const words = (text: string): string[] => text.split(/[\s,;]+/).filter((word) => word !== '');
/** `a = b` of each line; a value may have `=` in it, what it stands for not. */
const pairs = (text: string): (readonly [string, string])[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const at = line.lastIndexOf('=');
      return at === -1 ? [line.trim(), ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    });

/** What is sent, or what is wrong with the draft, in words. Fields of the provider that the form does not show stay. */
export function inputOf(
  draft: Draft,
  groups: readonly KnownGroup[],
  before?: IdentityProvider,
): { readonly input: IdentityProviderInput } | { readonly fault: string } {
  const mapped: { value: string; groupId: string }[] = [];
  for (const [value, name] of pairs(draft.groups)) {
    const group = groups.find((one) => one.name.toLowerCase() === name.toLowerCase() || one.id === name);
    if (!group) return { fault: `Groups: there is no group “${name}” here` };
    mapped.push({ value, groupId: group.id });
  }
  const raw = {
    displayName: draft.displayName,
    enabled: before?.enabled ?? true,
    domains: words(draft.domains),
    createPeople: draft.createPeople,
    linkPeople: draft.linkPeople,
    requireMultiFactor: draft.requireMultiFactor,
    groups: mapped,
    roles: pairs(draft.roles).map(([value, role]) => ({ value, role })),
    settings: {
      kind: 'openIdConnect',
      issuer: draft.issuer.trim(),
      clientId: draft.clientId,
      scopes: words(draft.scopes),
      claims: { ...before?.settings.claims, userPrincipalName: draft.userPrincipalName, groups: draft.groupsClaim },
      multiFactor: { amr: words(draft.amr), acr: words(draft.acr) },
    },
    ...(draft.clientSecret === '' ? {} : { clientSecret: draft.clientSecret }),
  };
  const parsed = IdentityProviderInput.safeParse(raw);
  if (parsed.success) return { input: parsed.data };
  const [issue] = parsed.error.issues;
  return {
    fault: `${names[issue?.path.filter((part) => typeof part === 'string').at(-1) ?? ''] ?? ''}${issue?.message ?? ''}`,
  };
}

const names: Readonly<Record<string, string>> = {
  displayName: 'Name: ',
  issuer: 'Issuer: ',
  clientId: 'Client ID: ',
  clientSecret: 'Client secret: ',
  domains: 'Domains: ',
  scopes: 'Scopes: ',
  role: 'Roles: ',
};
