import { Badge, Checkbox, makeStyles, Select, tokens } from '@fluentui/react-components';
import {
  permissionCategories,
  permissions,
  permissionsIn,
  type PermissionCategory,
  type PermissionEntry,
} from '@sallyport/contracts';
import { useState, type ReactElement } from 'react';
import { categories, categoryChoices, choiceLabels, choiceOf, groupsOf, toggled, withChoice } from './tree.ts';

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalL },
  category: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, border: 'none', padding: 0, margin: 0 }, // prettier-ignore
  head: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM, justifyContent: 'space-between' },
  name: { fontWeight: tokens.fontWeightSemibold },
  group: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    marginTop: tokens.spacingVerticalXS,
  },
  line: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS },
  mark: { flexShrink: 0 },
});

/** The permissions of a role, by category and group. */
export function PermissionTree(props: {
  entries: readonly PermissionEntry[];
  onChange: (entries: PermissionEntry[]) => void;
}): ReactElement {
  const styles = useStyles();
  const { entries, onChange } = props;
  const held = permissionsIn(entries);
  /** Categories that are chosen one by one, and of which nothing is chosen yet. */
  const [begun, setBegun] = useState<ReadonlySet<PermissionCategory>>(new Set());
  return (
    <div className={styles.root}>
      {categories.map((category) => {
        const made = choiceOf(category, entries);
        const choice = made === 'none' && begun.has(category) ? 'custom' : made;
        const name = permissionCategories[category];
        return (
          <fieldset key={category} className={styles.category}>
            <div className={styles.head}>
              <span className={styles.name}>{name}</span>
              <Select
                size="small"
                aria-label={name}
                value={choice}
                onChange={(_, data) => {
                  const chosen = categoryChoices.find((one) => one === data.value);
                  if (chosen === undefined) return;
                  setBegun((before) => {
                    const others = [...before].filter((one) => one !== category);
                    return new Set(chosen === 'custom' ? [...others, category] : others);
                  });
                  onChange(withChoice(category, chosen, entries));
                }}
              >
                {categoryChoices.map((one) => (
                  <option key={one} value={one}>
                    {choiceLabels[one]}
                  </option>
                ))}
              </Select>
            </div>
            {choice !== 'none' &&
              groupsOf(category).map((group) => (
                <div key={group.name}>
                  <div className={styles.group}>{group.name}</div>
                  {group.permissions.map((one) => {
                    const { name: label, level, lets, awaits, whole } = permissions[one];
                    return (
                      <div key={one} className={styles.line}>
                        <Checkbox
                          label={`${label} (${level.toLowerCase()}): ${lets}`}
                          checked={held.has(one)}
                          disabled={choice !== 'custom'}
                          onChange={() => onChange(toggled(entries, one))}
                        />
                        {whole === true && (
                          <Badge className={styles.mark} appearance="outline">
                            over everything only
                          </Badge>
                        )}
                        {awaits !== undefined && (
                          <Badge className={styles.mark} appearance="outline" color="informative">
                            not there yet
                          </Badge>
                        )}
                      </div>
                    );
                  })}
                </div>
              ))}
          </fieldset>
        );
      })}
    </div>
  );
}
