import type { pinRoutes } from '@sallyport/contracts';
import { requireCaller, type Handlers } from '../../platform/http/handlers.ts';
import type { Pins } from './pins.ts';

export function pinHandlers(pins: Pins): Handlers<typeof pinRoutes> {
  return {
    listPins: async () => ({ pins: await pins.list() }),
    savePin: (context, { body }) => {
      const { timeZone, workspaceId } = body.kind === 'sender' ? body : { timeZone: null, workspaceId: null };
      context.audit({ target: `${body.kind} ${body.match}`, details: { stream: body.stream, timeZone, workspaceId } });
      return pins.save(body, requireCaller(context).name);
    },
    deletePin: async (context, { params: { id } }) => {
      const { kind, match, stream, timeZone, workspaceId } = await pins.remove(id);
      context.audit({ target: `${kind} ${match}`, details: { stream, timeZone, workspaceId } });
      return {};
    },
  };
}
