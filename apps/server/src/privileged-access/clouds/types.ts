import type { PrincipalType } from '../types.ts';

/** A role that somebody has, or is to have, in a cloud. */
export interface CloudGrant {
  /** Ours, a UUID: the cloud keeps it, where it lets one choose, and it is found and taken away by it. */
  readonly id: string;
  readonly roleId: string;
  readonly scope: string;
  /** Whom, as the cloud names them. */
  readonly externalId: string;
  readonly principalType: PrincipalType;
}

/**
 * A cloud behind its credentials; one folder each. Calls are made again when their answer was lost, so giving what was given before, and taking away what is
 * gone, are no failures. Each throws CloudError when the cloud says no, and ends with the signal.
 */
export interface Cloud {
  give(grant: CloudGrant, signal: AbortSignal): Promise<void>;
  /** Takes away what `give` wrote under this id, and nothing else. */
  takeAway(grant: CloudGrant, signal: AbortSignal): Promise<void>;
  /** Roles that there are over a scope, by name. */
  definitions(scope: string, signal: AbortSignal): Promise<readonly CloudRoleDefinition[]>;
}
export interface CloudRoleDefinition {
  readonly id: string;
  readonly name: string;
}

/** What a cloud says no with; the message is for administrators, and holds no secret. */
export class CloudError extends Error {
  override readonly name = 'CloudError';
  /** It asks to be left alone for so long. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterSeconds?: number) {
    super(message.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 500));
    this.retryAfterMs = retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1_000;
  }
}
