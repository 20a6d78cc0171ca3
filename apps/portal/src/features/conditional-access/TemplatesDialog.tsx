import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Text,
  tokens,
} from '@fluentui/react-components';
import { useNavigate } from '@tanstack/react-router';
import type { ReactElement } from 'react';
import { Section } from '../../shared/Section.tsx';
import { templates } from './templates.ts';

const useStyles = makeStyles({
  surface: { maxWidth: '860px', width: '92vw', maxHeight: '90vh' },
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL },
  list: { listStyleType: 'none', margin: 0, padding: 0 },
  line: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalS} 0`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
  },
  text: { display: 'flex', flexDirection: 'column', flexGrow: 1, minWidth: 0 },
  note: { color: tokens.colorNeutralForeground3 },
});

/** Microsoft's templates by what they are for. One that is chosen is opened in the editor, where nothing is saved yet. */
export function TemplatesDialog({ onClose }: { onClose: () => void }): ReactElement {
  const styles = useStyles();
  const navigate = useNavigate();
  const use = (template: string): void =>
    void navigate({ to: '/conditional-access/policies/$id', params: { id: 'new' }, search: { template } });
  const byCategory = [...Map.groupBy(templates, ({ category }) => category)];
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface className={styles.surface}>
        <DialogBody>
          <DialogTitle>Begin with a template</DialogTitle>
          <DialogContent className={styles.content}>
            <Text>Each only reports until it is turned on. Roles of administrators are those of Sallyport.</Text>
            {byCategory.map(([category, some]) => (
              <Section key={category} title={category}>
                <ul className={styles.list}>
                  {some.map(({ id, name, description }) => (
                    <li key={id} className={styles.line}>
                      <span className={styles.text}>
                        <Text weight="semibold">{name}</Text>
                        <Text size={200} className={styles.note}>
                          {description}
                        </Text>
                      </span>
                      <Button size="small" aria-label={`Use ${name}`} onClick={() => use(id)}>
                        Use
                      </Button>
                    </li>
                  ))}
                </ul>
              </Section>
            ))}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>Cancel</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
