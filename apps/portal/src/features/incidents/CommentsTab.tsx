import type { Incident } from '@sallyport/contracts';
import { useQueryClient } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { useRefusal } from '../../shared/Refusable.tsx';
import { Comments } from '../casework/index.ts';
import { incidentQuery } from './queries.ts';

export function CommentsTab({ incident }: { incident: Incident }): ReactElement {
  const queries = useQueryClient();
  const { number } = incident;
  const why = useRefusal('addComment', 'editComment', 'deleteComment');
  const keep = (changed: Incident): void => void queries.setQueryData(incidentQuery(number).queryKey, changed);
  return (
    <Comments
      parent={{ kind: 'incident', number }}
      why={why}
      comments={incident.activities
        .filter(({ kind }) => kind === 'comment')
        .map(({ id = '', at, by, text, modifiedAt = null }) => ({ id, at, by, text, modified: modifiedAt !== null }))}
      onAdd={async (message) => {
        const id = crypto.randomUUID();
        keep(await client.addComment({ params: { number }, body: { message, id } }));
        return id;
      }}
      onEdit={async (id, message) => keep(await client.editComment({ params: { number, id }, body: { message } }))}
      onDelete={async (id) => keep(await client.deleteComment({ params: { number, id } }))}
    />
  );
}
