import { randomUUID } from 'node:crypto';
import {
  freshMinutes,
  passkeysMax,
  SallyportError,
  type MySignIn,
  type SecurityInfo,
  type securityInfoRoutes,
} from '@sallyport/contracts';
import { z } from 'zod';
import { refuseStronger } from '../access/index.ts';
import type { Queryable } from '../platform/database/index.ts';
import { requireCaller, requirePerson, type Handlers, type RequestContext } from '../platform/http/index.ts';
import type { Platform } from '../platform/types.ts';
import { authorOf, recordChange, type ActivityName } from '../platform/directory-audit.ts';
import { publishPeople } from './directory/identity-info.ts';
import type { Methods } from './methods.ts';
import { challengeLifetimeMs, checkRegistration, registrationOptions, relyingPartyOf } from './passkeys.ts';
import { refuseWeakPassword } from './password-strength.ts';
import { recoveryCodesLeft, renewRecoveryCodes } from './recovery-codes.ts';
import { hashPassword, newTotp, stepOfCode } from './secrets.ts';
import { signedIn } from './routes.ts';
import type { Sessions } from './sessions.ts';
import type { SignIn } from './sign-in.ts';
import { passkeys, passwords } from './store.ts';
import type { TemporaryAccessPasses } from './temporary-access-passes.ts';

interface Needs {
  readonly methods: Methods;
  readonly sessions: Sessions;
  readonly passes: TemporaryAccessPasses;
  readonly signIn: SignIn;
}
const signInsShownMs = 30 * 86_400_000;
const freshMs = freshMinutes * 60_000;
const refusedPasskey = () =>
  new SallyportError('BadRequest', 'the passkey was not accepted', { target: 'body.credential' });
const late = () => new SallyportError('Gone', 'that took too long; start again');

/** People keep how they sign in themselves. Whatever changes it needs a fresh sign-in, so that a session left open is no way in. */
export function securityInfoHandlers(
  platform: Platform,
  { methods, sessions, passes, signIn }: Needs,
): Handlers<typeof securityInfoRoutes> {
  const { database, clock, sealing, audit, lake } = platform;
  const rp = relyingPartyOf(platform.config);

  const infoOf = async (context: RequestContext, db: Queryable = database): Promise<SecurityInfo> => {
    const { id, session } = requirePerson(context);
    const freshUntil = new Date(session.startedAt.getTime() + freshMs).toISOString();
    return { methods: await methods.of(id, db), recoveryCodesLeft: await recoveryCodesLeft(db, id), freshUntil };
  };
  const fresh = (context: RequestContext) => {
    const person = requirePerson(context);
    if (clock.now().getTime() - person.session.startedAt.getTime() > freshMs)
      throw new SallyportError('Forbidden', 'sign in again first: this sign-in is not fresh', {
        target: 'freshSignIn',
      });
    return person;
  };
  /** A change of how the caller signs in, recorded as Entra does; other sessions end where `ends` says. */
  const change = (
    context: RequestContext,
    activity: ActivityName,
    work: (tx: Queryable) => Promise<{ oldValue?: string; newValue?: string }>,
    ends = false,
  ): Promise<SecurityInfo> =>
    database.transaction(async (tx) => {
      const { id, name, session } = fresh(context);
      const values = await work(tx);
      const modified = { displayName: 'StrongAuthenticationMethod', ...values };
      await recordChange(audit, { activity, target: { id, name }, modified }, authorOf(context), tx);
      if (ends) await sessions.revokeOthers(id, session.id, tx);
      await publishPeople(platform, [id], tx);
      context.audit({ target: `person ${name}`, details: values });
      return infoOf(context, tx);
    });
  const keep = async (personId: string, challenge: string, totp: Buffer | null): Promise<string> => {
    const challengeId = randomUUID();
    const expiresAt = new Date(clock.now().getTime() + challengeLifetimeMs);
    await database.execute(
      'INSERT INTO passkey_challenges (id, challenge, expires_at, person_id, totp_secret_sealed) VALUES ($1, $2, $3, $4, $5)',
      [challengeId, challenge, expiresAt, personId, totp],
    );
    return challengeId;
  };
  const taken = async (tx: Queryable, personId: string, challengeId: string) => {
    const row = await tx.first<{ challenge: string; totp: Buffer | null; good: boolean }>(
      `DELETE FROM passkey_challenges WHERE id = $1 AND person_id = $2
       RETURNING challenge, totp_secret_sealed AS totp, expires_at > $3 AS good`,
      [challengeId, personId, clock.now()],
    );
    if (!row?.good) throw late();
    return row;
  };

  return {
    getSecurityInfo: (context) => infoOf(context),
    startPasskey: async (context) => {
      const { id, name, displayName } = fresh(context);
      const known = (await methods.of(id)).filter(({ kind }) => kind === 'fido2');
      if (known.length >= passkeysMax)
        throw new SallyportError('BadRequest', `at most ${passkeysMax} passkeys; remove one first`);
      const options = await registrationOptions(rp, { id, name, displayName }, known.map((one) => one.id)); // prettier-ignore
      return { challengeId: await keep(id, options.challenge, null), options: { ...options } };
    },
    addPasskey: (context, { body }) =>
      change(context, 'User registered security info', async (tx) => {
        const { id } = requirePerson(context);
        const { challenge } = await taken(tx, id, body.challengeId);
        const passkey = await checkRegistration(rp, challenge, body.credential);
        if (!passkey || (await passkeys.byId(tx, passkey.credentialId))) throw refusedPasskey();
        await passkeys.insert(tx, { ...passkey, personId: id, name: body.name });
        return { newValue: `fido2: ${body.name}` };
      }),
    renamePasskey: (context, { params, body }) =>
      change(context, 'User changed default security info', async (tx) => {
        const renamed = await tx.execute('UPDATE passkeys SET name = $3 WHERE person_id = $1 AND credential_id = $2', [
          requirePerson(context).id,
          params.id,
          body.name,
        ]);
        if (renamed === 0) throw new SallyportError('NotFound', 'there is no such passkey');
        return { newValue: `fido2: ${body.name}` };
      }),
    startAuthenticator: async (context) => {
      const { id, name } = fresh(context);
      const totp = newTotp(name);
      const sealed = sealing.seal(Buffer.from(totp.secret), `totp:${id}`);
      return { challengeId: await keep(id, '', sealed), totp };
    },
    setPasswordAndAuthenticator: async (context, { body: { challengeId, totpCode, password } }) => {
      const { id, name, displayName } = fresh(context);
      if (password !== undefined) await refuseWeakPassword(password, [name, displayName]);
      const hash = password === undefined ? undefined : await hashPassword(password);
      return change(
        context,
        'User registered security info',
        async (tx) => {
          const { totp } = await taken(tx, id, challengeId);
          if (!totp) throw late();
          const step = stepOfCode(sealing.open(totp, `totp:${id}`).toString(), totpCode, clock.now());
          if (step === undefined)
            throw new SallyportError('BadRequest', 'the code is not right; check the clock of the device', {
              target: 'body.totpCode',
            });
          const replaced = await tx.execute(
            'UPDATE passwords SET totp_secret_sealed = $2, totp_last_step = $3, totp_added_at = $4, password_hash = coalesce($5, password_hash) WHERE person_id = $1',
            [id, totp, step, clock.now(), hash ?? null],
          );
          if (replaced === 0 && hash === undefined)
            throw new SallyportError('BadRequest', 'a password is needed beside it', { target: 'body.password' });
          if (replaced === 0 && hash !== undefined)
            await passwords.insert(tx, { personId: id, hash, totpSecretSealed: totp, totpLastStep: step });
          return { newValue: 'softwareOath: Authenticator app' };
        },
        true,
      );
    },
    changePassword: async (context, { body: { password } }) => {
      const { id, name, displayName } = fresh(context);
      await refuseWeakPassword(password, [name, displayName]);
      const hash = await hashPassword(password);
      return change(
        context,
        'Change user password',
        async (tx) => {
          const changed = await tx.execute(
            'UPDATE passwords SET password_hash = $2, changed_at = $3 WHERE person_id = $1',
            [id, hash, clock.now()],
          );
          if (changed === 0)
            throw new SallyportError('NotFound', 'there is no password; add an authenticator with one');
          return {};
        },
        true,
      );
    },
    removeMethod: (context, { params }) =>
      change(
        context,
        'User deleted security info',
        async (tx) => {
          const { id } = requirePerson(context);
          const gone = await methods.remove(id, params.id, tx);
          if ((await methods.of(id, tx)).every(({ kind }) => kind === 'temporaryAccessPass'))
            throw new SallyportError('Conflict', 'this is the last way to sign in; add another one first');
          return { oldValue: gone.map(({ kind, name }) => `${kind}: ${name}`).join(', ') };
        },
        true,
      ),
    makeRecoveryCodes: async (context) => {
      let codes: string[] = [];
      await change(context, 'User registered security info', async (tx) => {
        const { id } = requirePerson(context);
        if (!(await methods.of(id, tx)).some(({ kind }) => kind === 'password'))
          throw new SallyportError('Conflict', 'recovery codes stand for an authenticator, and there is none');
        codes = await renewRecoveryCodes(tx, id, clock.now());
        return { newValue: 'recoveryCodes' };
      });
      return { codes };
    },
    listMySignIns: async (context) => {
      const { rows } = await lake.query(mySignInsSql, {
        params: {
          userId: requirePerson(context).id,
          since: new Date(clock.now().getTime() - signInsShownMs).toISOString(),
        },
        operation: 'my-sign-ins',
        limits: { seconds: 10 },
      });
      return { signIns: rows.map(mySignIn) };
    },
    createTemporaryAccessPass: async (context, { params, body }) => {
      if (params.id === context.caller?.id) throw new SallyportError('Conflict', 'nobody gives themselves a pass');
      await refuseStronger(database, requireCaller(context), params.id, clock.now());
      const { name, ...answer } = await passes.give(params.id, body, authorOf(context));
      context.audit({ target: `person ${name}`, details: { ...body } });
      return answer;
    },
    removeTemporaryAccessPass: async (context, { params }) => {
      await refuseStronger(database, requireCaller(context), params.id, clock.now());
      context.audit({ target: `person ${await passes.take(params.id, authorOf(context))}` });
      return {};
    },
    signInWithTemporaryAccessPass: async ({ ipAddress, userAgent, requestId }, { body, reply }) => {
      const { userPrincipalName, temporaryAccessPass } = body;
      const origin = { ipAddress, userAgent, requestId };
      const opened = await signIn.withTemporaryAccessPass(userPrincipalName, temporaryAccessPass, origin);
      return signedIn(reply, opened);
    },
  };
}

const mySignInsSql = `SELECT toString(TimeGenerated), AppDisplayName, ResultType, ResultDescription, IPAddress, JSONExtractString(LocationDetails, 'countryOrRegion'),
    UserAgent, AuthenticationDetails
  FROM SigninLogs WHERE UserId = {userId:String} AND TimeGenerated > parseDateTime64BestEffort({since:String}) ORDER BY TimeGenerated DESC LIMIT 200`;
const Steps = z.array(z.object({ authenticationMethod: z.string() }));

function mySignIn(row: readonly unknown[]): MySignIn {
  const [at, application, code, reason, ipAddress, country, userAgent, details] = row.map((cell) =>
    typeof cell === 'string' ? cell : '',
  );
  let steps: unknown = [];
  try {
    steps = JSON.parse(details ?? '');
  } catch {
    // Rows of others may have none.
  }
  const known = Steps.safeParse(steps);
  return {
    at: new Date(`${(at ?? '').replace(' ', 'T').slice(0, 23)}Z`).toISOString(),
    application: application ?? '',
    succeeded: code === '0',
    code: code ?? '',
    reason: reason ?? '',
    ipAddress: ipAddress ?? '',
    country: country ?? '',
    userAgent: userAgent ?? '',
    methods: known.success ? known.data.map(({ authenticationMethod }) => authenticationMethod) : [],
  };
}
