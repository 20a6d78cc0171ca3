import { z } from 'zod';
import { route } from '../route.ts';
import { RuleProblem } from './rule-texts.ts';

/** Bounds of content that is kept up to date from elsewhere. */
export const repositoryLimits = {
  repositories: 100,
  /** Of one file; a larger one is left out, and told. */
  fileBytes: 2 * 1_048_576,
  /** What a repository may send, packed. */
  transferBytes: 256 * 1_048_576,
  problems: 1_000,
} as const;

const Described = {
  name: z.string().trim().min(1).max(128),
  /** `git`: the address of a Git repository, https. `folder`: a folder of the server. */
  kind: z.enum(['git', 'folder']),
  location: z.string().trim().min(1).max(2_000),
  /** Of a Git repository. Empty: the one that it names its own. */
  branch: z
    .string()
    .trim()
    .max(255)
    .regex(/^(?!-)[\w./@+#-]*$/, 'letters, digits and ._/@+#-')
    .refine((name) => !name.includes('..'), 'no `..`'),
  /** Where in it the content lies. Empty: all of it. */
  folder: z
    .string()
    .trim()
    .max(1_000)
    .refine((path) => !path.split('/').includes('..') && !path.includes('\0'), 'no `..`'),
  intervalMinutes: z
    .int()
    .min(5)
    .max(7 * 1_440),
  enabled: z.boolean(),
};

/** What a look at a repository did. */
export const RepositorySync = z.object({
  at: z.iso.datetime(),
  /** Of a Git repository. */
  commit: z.string(),
  seconds: z.number(),
  /** Files looked at. */
  files: z.int(),
  /** Rules, hunting queries and watchlists, by what became of them. */
  added: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  removed: z.int(),
  /** Why nothing could be read at all; null when it could. What was there before stays. */
  error: z.string().nullable(),
  problems: z.array(RuleProblem).max(repositoryLimits.problems),
});
export type RepositorySync = z.infer<typeof RepositorySync>;

export const Repository = z.object({
  id: z.uuid(),
  ...Described,
  username: z.string(),
  hasToken: z.boolean(),
  createdBy: z.string(),
  updatedAt: z.iso.datetime(),
  /** Items that are of it now. */
  items: z.int(),
  syncing: z.boolean(),
  nextSyncAt: z.iso.datetime(),
  last: RepositorySync.nullable(),
});
export type Repository = z.infer<typeof Repository>;

export const RepositoryItem = z.object({
  kind: z.enum(['rule', 'hunting', 'watchlist']),
  id: z.string(),
  name: z.string(),
  path: z.string(),
  commit: z.string(),
  changedAt: z.iso.datetime(),
});
export type RepositoryItem = z.infer<typeof RepositoryItem>;

/** For reading it. Never given back. */
const Secret = { username: z.string().max(255), token: z.string().max(4_096) };
const ById = z.object({ id: z.uuid() });

export const repositoryRoutes = {
  listRepositories: route({
    method: 'GET',
    path: '/api/repositories',
    permission: 'securityData.read',
    summary: 'The Git repositories and folders that content is kept up to date from',
    response: z.object({
      repositories: z.array(Repository),
      /** What an administrator of the machine allows: hosts of Git repositories, and folders. */
      allowed: z.object({ hosts: z.array(z.string()), folders: z.array(z.string()) }),
    }),
  }),
  getRepository: route({
    method: 'GET',
    path: '/api/repositories/:id',
    permission: 'securityData.read',
    summary: 'One of them, with what came from it',
    params: ById,
    response: Repository.extend({ content: z.array(RepositoryItem).max(10_000) }),
  }),
  createRepository: route({
    method: 'POST',
    path: '/api/repositories',
    permission: 'detectionTuning.manage',
    summary: 'Keep rules, hunting queries and watchlists up to date from a Git repository or a folder, from now on',
    body: z.object({
      ...Described,
      branch: Described.branch.default(''),
      folder: Described.folder.default(''),
      intervalMinutes: Described.intervalMinutes.default(60),
      enabled: Described.enabled.default(true),
      username: Secret.username.default(''),
      token: Secret.token.default(''),
    }),
    response: Repository,
  }),
  updateRepository: route({
    method: 'PATCH',
    path: '/api/repositories/:id',
    permission: 'detectionTuning.manage',
    summary:
      'Change where it is, or how often it is looked at. A `token` that is left out stays; an empty one is removed',
    params: ById,
    body: z
      .object({ ...Described, ...Secret })
      .omit({ kind: true })
      .partial(),
    response: Repository,
  }),
  deleteRepository: route({
    method: 'DELETE',
    path: '/api/repositories/:id',
    permission: 'detectionTuning.manage',
    summary: 'Look at it no more. What came from it stays, unless `content` says `remove`',
    params: ById,
    query: z.object({ content: z.enum(['keep', 'remove']).default('keep') }),
    response: z.object({ removed: z.int() }),
  }),
  syncRepository: route({
    method: 'POST',
    path: '/api/repositories/:id/sync',
    permission: 'detectionTuning.manage',
    summary: 'Look at it now. Answers when that is sure to happen, not when it is done',
    params: ById,
    response: z.object({}),
  }),
  exportHuntingQueries: route({
    method: 'POST',
    path: '/api/hunting/queries/export',
    permission: 'securityData.read',
    summary: 'Hunting queries that were imported, as Sentinel’s YAML, one file each. Without `ids` all',
    body: z.object({ ids: z.array(z.string().max(128)).max(2_000).optional() }),
    response: z.object({ files: z.array(z.object({ name: z.string(), text: z.string() })) }),
  }),
  deleteHuntingQueries: route({
    method: 'POST',
    path: '/api/hunting/queries/delete',
    permission: 'detectionTuning.manage',
    summary: 'Remove hunting queries that were imported',
    body: z.object({ ids: z.array(z.string().max(128)).min(1).max(2_000) }),
    response: z.object({ removed: z.int() }),
  }),
} as const;
