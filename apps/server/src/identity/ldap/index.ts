import type { LdapDirectory, ldapRoutes } from '@sallyport/contracts';
import type { Handlers } from '../../platform/http/index.ts';
import type { Platform } from '../../platform/types.ts';
import { authorOf } from '../../platform/directory-audit.ts';
import { originOf, signedIn } from '../routes.ts';
import type { SignIn } from '../sign-in.ts';
import { createDirectoryCommands } from './commands.ts';
import { createDirectorySignIn } from './sign-in.ts';
import { directories, directoryForm } from './store.ts';
import { createSync, type SyncNeeds } from './sync.ts';

export { directories } from './store.ts';

/** LDAP directories: passwords are checked against them, people and groups are brought from them. */
export function createLdap(platform: Platform, { signIn, ...commandsOf }: SyncNeeds & { readonly signIn: SignIn }) {
  const { database, jobs } = platform;
  const commands = createDirectoryCommands(platform);
  const sync = createSync(platform, commandsOf);
  const directorySignIn = createDirectorySignIn(platform, { signIn, entryPeople: sync.entryPeople });
  const one = async (id: string): Promise<LdapDirectory> => directoryForm(await directories.get(database, id));

  jobs.schedule('identity-ldap-sync', '*/10 * * * *', async (job) => {
    for (const id of await job.step('due', () => sync.due())) await job.step(`bring ${id}`, () => sync.run(id));
  });

  const handlers: Handlers<typeof ldapRoutes> = {
    signInWithDirectory: async (context, { body, request, reply }) => {
      const opened = await directorySignIn.withDirectory(body.userPrincipalName, body.password, originOf(context, request)); // prettier-ignore
      return signedIn(reply, opened);
    },
    listLdapDirectories: async () => ({ directories: (await directories.list(database)).map(directoryForm) }),
    createLdapDirectory: async (context, { body }) => {
      context.audit({ target: `LDAP directory ${body.displayName}` });
      return one(await commands.add(body, authorOf(context)));
    },
    updateLdapDirectory: async (context, { params, body }) => {
      context.audit({ target: `LDAP directory ${body.displayName}` });
      await commands.update(params.id, body, authorOf(context));
      return one(params.id);
    },
    deleteLdapDirectory: async (context, { params }) => {
      context.audit({ target: `LDAP directory ${await commands.remove(params.id, authorOf(context))}` });
      return {};
    },
    testLdapDirectory: async (context, { body: { id, directory } }) => {
      context.audit({ target: `LDAP directory at ${directory.settings.host}` });
      const findings = await commands.test(id, directory);
      return { ok: findings.every(({ ok }) => ok), findings };
    },
    syncLdapDirectory: async (context, { params, body }) => {
      context.audit({ target: `LDAP directory ${params.id}`, details: body });
      return sync.run(params.id, { full: true, ...body });
    },
  };
  return { handlers, sync };
}
