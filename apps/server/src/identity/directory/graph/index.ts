import { SallyportError, type graphDirectoryRoutes } from '@sallyport/contracts';
import type { FastifyReply } from 'fastify';
import { refuseStronger, refuseStrongerGroup } from '../../../access/index.ts';
import { requireCaller, requirePerson, type Handlers, type RequestContext } from '../../../platform/http/index.ts';
import { metadataOf, readListOptions, selected } from '../../../platform/odata/index.ts';
import type { Platform } from '../../../platform/types.ts';
import { authorOf } from '../../../platform/directory-audit.ts';
import type { GroupCommands } from '../groups.ts';
import type { PeopleCommands } from '../people.ts';
import { directoryGroups, directoryPeople, type DirectoryPerson } from '../store.ts';
import {
  groupChangeOf,
  groupForm,
  newPersonOf,
  personChangeOf,
  referenced,
  referencesOf,
  userForm,
  usersDefault,
} from './forms.ts';
import { countOf, listOf, lists, type Asked } from './lists.ts';

export interface DirectoryCommands {
  readonly people: PeopleCommands;
  readonly groups: GroupCommands;
  /** Ends every session of a person. */
  readonly endSessions: (personId: string, by: ReturnType<typeof authorOf>) => Promise<number>;
}

const noContent = (reply: FastifyReply) => reply.code(204).send();

/** Microsoft Graph's users and groups, for its unmodified clients. https://learn.microsoft.com/graph/api/resources/users */
export function graphDirectoryHandlers(
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  { people, groups, endSessions }: DirectoryCommands,
): Handlers<typeof graphDirectoryRoutes> {
  const userAnswer = (person: DirectoryPerson, { query, request }: Asked) => {
    const { select } = readListOptions(query, ['$select']);
    return {
      '@odata.context': metadataOf(request, 'users/$entity'),
      ...selected(userForm(person), { select: select ?? usersDefault }),
    };
  };
  /** Whom a call means, where the caller may change them. */
  const changeable = async (context: RequestContext, idOrName: string) => {
    const person = await directoryPeople.get(database, idOrName);
    await refuseStronger(database, requireCaller(context), person.id, clock.now());
    return person;
  };
  const groupsOf = (personId: string, asked: Asked) =>
    listOf(database, lists.memberOf, 'directoryObjects', asked, personId);

  return {
    graphMe: async (context, asked) =>
      userAnswer(await directoryPeople.get(database, requirePerson(context).id), asked),
    graphMyGroups: (context, asked) => groupsOf(requirePerson(context).id, asked),
    graphListUsers: (_context, asked) => listOf(database, lists.users, 'users', asked),
    graphCountUsers: async (_context, { query, reply }) =>
      reply.type('text/plain').send(String(await countOf(database, lists.users, query))),
    graphGetUser: async (_context, { params, ...asked }) =>
      userAnswer(await directoryPeople.get(database, params.id), asked),
    graphCreateUser: async (context, { body, request, reply }) => {
      const made = await people.add(newPersonOf(body), authorOf(context));
      context.audit({ target: `person ${made.userPrincipalName}` });
      return reply
        .code(201)
        .header('location', `https://${request.host}/v1.0/users/${made.id}`)
        .send(userAnswer(made, { query: {}, request }));
    },
    graphUpdateUser: async (context, { params, body, reply }) => {
      const { id } = await changeable(context, params.id);
      await people.update(id, personChangeOf(body), authorOf(context));
      context.audit({ target: `person ${params.id}` });
      return noContent(reply);
    },
    graphDeleteUser: async (context, { params, reply }) => {
      const { id } = await changeable(context, params.id);
      const { userPrincipalName } = await people.remove(id, authorOf(context));
      context.audit({ target: `person ${userPrincipalName}` });
      return noContent(reply);
    },
    graphGroupsOfUser: async (_context, { params, ...asked }) =>
      groupsOf((await directoryPeople.get(database, params.id)).id, asked),
    graphManager: async (_context, { params, ...asked }) => {
      const { managerId } = await directoryPeople.get(database, params.id);
      if (managerId === null)
        throw new SallyportError('NotFound', `Resource 'manager' does not exist or one of its queried reference-property objects are not present.`); // prettier-ignore
      const manager = await directoryPeople.get(database, managerId);
      return { '@odata.type': '#microsoft.graph.user', ...userAnswer(manager, asked) };
    },
    graphDirectReports: async (_context, { params, ...asked }) =>
      listOf(
        database,
        lists.directReports,
        'directoryObjects',
        asked,
        (await directoryPeople.get(database, params.id)).id,
      ),
    graphSetManager: async (context, { params, body, reply }) => {
      const manager = await directoryPeople.get(database, referenced(body['@odata.id']));
      const { id } = await changeable(context, params.id);
      await people.update(id, { managerId: manager.id }, authorOf(context));
      return noContent(reply);
    },
    graphRemoveManager: async (context, { params, reply }) => {
      const { id } = await changeable(context, params.id);
      await people.update(id, { managerId: null }, authorOf(context));
      return noContent(reply);
    },
    graphRevokeSessions: async (context, { params, request, reply }) => {
      const { id, userPrincipalName } = await changeable(context, params.id);
      await endSessions(id, authorOf(context));
      context.audit({ target: `person ${userPrincipalName}` });
      return reply.send({ '@odata.context': metadataOf(request, 'Edm.Boolean'), value: true });
    },
    graphDeletedUsers: (_context, asked) => listOf(database, lists.deletedUsers, 'directoryObjects', asked),
    graphRestore: async (context, { params, request, reply }) => {
      await refuseStronger(database, requireCaller(context), params.id, clock.now());
      const restored = await people.restore(params.id, authorOf(context));
      context.audit({ target: `person ${restored.userPrincipalName}` });
      return reply.send({ '@odata.type': '#microsoft.graph.user', ...userAnswer(restored, { query: {}, request }) });
    },
    ...groupHandlers({ database, clock }, groups),
  };
}

type GroupRoutes = Pick<
  typeof graphDirectoryRoutes,
  | 'graphListGroups'
  | 'graphCountGroups'
  | 'graphGetGroup'
  | 'graphCreateGroup'
  | 'graphUpdateGroup'
  | 'graphDeleteGroup'
  | 'graphMembers'
  | 'graphAddMember'
  | 'graphRemoveMember'
>;

const groupHandlers = (
  { database, clock }: Pick<Platform, 'database' | 'clock'>,
  groups: GroupCommands,
): Handlers<GroupRoutes> => ({
  graphListGroups: (_context, asked) => listOf(database, lists.groups, 'groups', asked),
  graphCountGroups: async (_context, { query, reply }) =>
    reply.type('text/plain').send(String(await countOf(database, lists.groups, query))),
  graphGetGroup: async (_context, { params, query, request }) => ({
    '@odata.context': metadataOf(request, 'groups/$entity'),
    ...selected(groupForm(await directoryGroups.get(database, params.id)), readListOptions(query, ['$select'])),
  }),
  graphCreateGroup: async (context, { body, request, reply }) => {
    const change = groupChangeOf(body);
    if (change.name === undefined)
      throw new SallyportError('BadRequest', `Required property 'displayName' is missing.`);
    const members = referencesOf(body, 'members@odata.bind');
    const made = await groups.add({ ...change, name: change.name }, members, authorOf(context));
    context.audit({ target: `group ${made.name}` });
    return reply
      .code(201)
      .header('location', `https://${request.host}/v1.0/groups/${made.id}`)
      .send({ '@odata.context': metadataOf(request, 'groups/$entity'), ...groupForm(made) });
  },
  graphUpdateGroup: async (context, { params, body, reply }) => {
    await refuseStrongerGroup(database, requireCaller(context), params.id, clock.now());
    const added = referencesOf(body, 'members@odata.bind');
    const author = authorOf(context);
    const saved = await groups.update(params.id, groupChangeOf(body), author);
    if (added.length > 0) await groups.addMembers(params.id, added, author);
    context.audit({ target: `group ${saved.name}` });
    return noContent(reply);
  },
  graphDeleteGroup: async (context, { params, reply }) => {
    await refuseStrongerGroup(database, requireCaller(context), params.id, clock.now());
    const name = await groups.remove(params.id, authorOf(context));
    context.audit({ target: `group ${name}` });
    return noContent(reply);
  },
  graphMembers: async (_context, { params, ...asked }) => {
    const { id } = await directoryGroups.get(database, params.id);
    return listOf(database, lists.members, 'directoryObjects', asked, id);
  },
  graphAddMember: async (context, { params, body, reply }) => {
    await refuseStrongerGroup(database, requireCaller(context), params.id, clock.now());
    const member = referenced(body['@odata.id']);
    const [group, person] = await Promise.all([
      directoryGroups.get(database, params.id),
      directoryPeople.get(database, member),
    ]);
    if ((await directoryGroups.memberIds(database, group.id)).includes(person.id))
      throw new SallyportError(
        'BadRequest',
        "One or more added object references already exist for the following modified properties: 'members'.",
      );
    await groups.addMembers(group.id, [person.id], authorOf(context));
    context.audit({ target: `group ${group.name}` });
    return noContent(reply);
  },
  graphRemoveMember: async (context, { params, reply }) => {
    await refuseStrongerGroup(database, requireCaller(context), params.id, clock.now());
    await groups.removeMembers(params.id, [params.memberId], authorOf(context));
    context.audit({ target: `group ${params.id}` });
    return noContent(reply);
  },
});
