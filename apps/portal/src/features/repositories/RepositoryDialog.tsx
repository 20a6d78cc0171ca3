import { Field, Input, MessageBar, MessageBarBody, Radio, RadioGroup, Select } from '@fluentui/react-components';
import type { Repository } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type ReactElement } from 'react';
import { client } from '../../shared/api.ts';
import { FieldPair, FormDialog } from '../../shared/FormDialog.tsx';
import { visible } from '../../shared/text.ts';
import { useNotify } from '../../shared/toast.tsx';

const intervals: readonly (readonly [number, string])[] = [
  [5, '5 minutes'],
  [15, '15 minutes'],
  [60, 'Hour'],
  [360, '6 hours'],
  [1_440, 'Day'],
];

/** Names a repository, or changes one. */
export function RepositoryDialog(props: {
  repository?: Repository;
  allowed: { readonly hosts: readonly string[]; readonly folders: readonly string[] };
  onClose: () => void;
  onDone: (id: string) => void;
}): ReactElement {
  const { repository, allowed } = props;
  const notify = useNotify();
  const queries = useQueryClient();
  const [kind, setKind] = useState(repository?.kind ?? 'git');
  const [name, setName] = useState(repository?.name ?? '');
  const [location, setLocation] = useState(repository?.location ?? '');
  const [branch, setBranch] = useState(repository?.branch ?? '');
  const [folder, setFolder] = useState(repository?.folder ?? '');
  const [minutes, setMinutes] = useState(repository?.intervalMinutes ?? 60);
  const [username, setUsername] = useState(repository?.username ?? '');
  const [token, setToken] = useState('');
  const isGit = kind === 'git';
  const save = useMutation({
    mutationFn: () => {
      const said = { name, location, folder, branch: isGit ? branch : '', username, intervalMinutes: minutes };
      return repository
        ? client.updateRepository({
            params: { id: repository.id },
            body: { ...said, ...(token === '' ? {} : { token }) },
          })
        : client.createRepository({ body: { ...said, kind, token } });
    },
    onSuccess: ({ id, name: saved }) => {
      void queries.invalidateQueries({ queryKey: ['repositories'] });
      notify.done(`${visible(saved)} is looked at within a minute`);
      props.onDone(id);
    },
  });
  const places = isGit ? allowed.hosts : allowed.folders;
  return (
    <FormDialog
      title={repository ? `Change ${visible(repository.name)}` : 'New repository'}
      submit="Save"
      ready={name.trim() !== '' && location.trim() !== ''}
      busy={save.isPending}
      error={save.error}
      failed="It was not saved"
      wide
      onSubmit={() => save.mutate()}
      onClose={props.onClose}
    >
      {!repository && (
        <RadioGroup
          layout="horizontal"
          value={kind}
          aria-label="Where the content is"
          onChange={(_, { value }) => setKind(value === 'folder' ? 'folder' : 'git')}
        >
          <Radio value="git" label="Git repository" />
          <Radio value="folder" label="Folder of the server" />
        </RadioGroup>
      )}
      {places.length === 0 && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            {isGit
              ? 'No host may be asked. An administrator of the machine allows some with the setting repositoryHosts.'
              : 'No folder may be read. An administrator of the machine allows some with the setting repositoryFolders.'}
          </MessageBarBody>
        </MessageBar>
      )}
      <Field label="Name" required>
        <Input value={name} maxLength={128} onChange={(_, { value }) => setName(value)} />
      </Field>
      <Field
        label={isGit ? 'Address' : 'Folder'}
        required
        hint={places.length === 0 ? '' : `Allowed: ${visible(places.slice(0, 8).join(', '))}`}
      >
        <Input
          value={location}
          maxLength={2_000}
          placeholder={isGit ? 'https://git.example.org/security/detections.git' : '/srv/detections'}
          onChange={(_, { value }) => setLocation(value)}
        />
      </Field>
      <FieldPair>
        {isGit && (
          <Field label="Branch" hint="Empty: the repository’s own">
            <Input value={branch} maxLength={255} onChange={(_, { value }) => setBranch(value)} />
          </Field>
        )}
        <Field label="Folder in it" hint="Empty: all of it">
          <Input value={folder} maxLength={1_000} onChange={(_, { value }) => setFolder(value)} />
        </Field>
        <Field label="Look at it every">
          <Select value={String(minutes)} onChange={(_, { value }) => setMinutes(Number(value))}>
            {intervals.some(([one]) => one === minutes) || <option value={minutes}>{minutes} minutes</option>}
            {intervals.map(([one, label]) => (
              <option key={one} value={one}>
                {label}
              </option>
            ))}
          </Select>
        </Field>
      </FieldPair>
      {isGit && (
        <FieldPair>
          <Field label="User" hint="Empty for most tokens">
            <Input
              value={username}
              maxLength={255}
              autoComplete="off"
              onChange={(_, { value }) => setUsername(value)}
            />
          </Field>
          <Field
            label="Token"
            hint={repository?.hasToken ? 'There is one. Empty: it stays' : 'For reading. Empty for public ones'}
          >
            <Input
              type="password"
              value={token}
              maxLength={4_096}
              autoComplete="new-password"
              onChange={(_, { value }) => setToken(value)}
            />
          </Field>
        </FieldPair>
      )}
    </FormDialog>
  );
}
