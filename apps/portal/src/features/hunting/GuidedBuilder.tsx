import { Button, Field, Input, makeStyles, Select, Text, tokens } from '@fluentui/react-components';
import { AddRegular, DismissRegular } from '@fluentui/react-icons';
import type { Column } from '@sallyport/contracts';
import { useId, type ReactElement } from 'react';
import { CodeBlock } from '../../shared/CodeBlock.tsx';
import type { CatalogueSchema } from '../../shared/editor/schema.ts';
import { byComma } from '../../shared/text.ts';
import {
  aggregates,
  isUnary,
  operatorNames,
  operatorsOf,
  toKql,
  type Condition,
  type Guided,
  type Operator,
} from './guided.ts';

const useStyles = makeStyles({
  root: { height: '100%', overflowY: 'auto', padding: tokens.spacingVerticalM, boxSizing: 'border-box' },
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  line: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'flex-end' },
  wide: { minWidth: '240px' },
});

/** A query put together by choosing; the KQL that it is stands below it. */
export function GuidedBuilder(props: {
  value: Guided;
  catalogue: CatalogueSchema | undefined;
  onChange: (value: Guided) => void;
}): ReactElement {
  const styles = useStyles();
  const ids = { tables: useId(), columns: useId() };
  const { value, onChange } = props;
  const columns: readonly Column[] = props.catalogue?.tables.find(({ name }) => name === value.table)?.columns ?? [];
  const typeOf = (name: string): Column['type'] => columns.find((column) => column.name === name)?.type ?? 'string';
  const setCondition = (index: number, change: Partial<Condition>): void =>
    onChange({
      ...value,
      conditions: value.conditions.map((one, at) => (at === index ? { ...one, ...change } : one)),
    });
  const { summarize, sort } = value;
  return (
    <div className={styles.root}>
      <datalist id={ids.tables}>
        {(props.catalogue?.tables ?? []).map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </datalist>
      <datalist id={ids.columns}>
        {columns.map(({ name, type }) => (
          <option key={name} value={name}>
            {`${name}: ${type}`}
          </option>
        ))}
      </datalist>
      <div className={styles.form} role="group" aria-label="Guided query">
        <div className={styles.line}>
          <Field label="Rows of" size="small" className={styles.wide}>
            <Input
              size="small"
              list={ids.tables}
              placeholder="A table"
              value={value.table}
              onChange={(_, data) => onChange({ ...value, table: data.value })}
            />
          </Field>
        </div>
        {value.conditions.map((condition, index) => (
          <div key={index} className={styles.line} role="group" aria-label={`Condition ${index + 1}`}>
            <Text size={200}>{index === 0 ? 'where' : 'and'}</Text>
            <Input
              size="small"
              aria-label="Column"
              list={ids.columns}
              value={condition.column}
              onChange={(_, data) => {
                const serves = operatorsOf(typeOf(data.value));
                const operator = serves.includes(condition.operator) ? condition.operator : serves[0]!;
                setCondition(index, { column: data.value, operator });
              }}
            />
            <Select
              size="small"
              aria-label="How"
              value={condition.operator}
              onChange={(_, data) => {
                const operator = operatorsOf(typeOf(condition.column)).find((one) => one === data.value);
                if (operator) setCondition(index, { operator });
              }}
            >
              {operatorsOf(typeOf(condition.column)).map((operator: Operator) => (
                <option key={operator} value={operator}>
                  {operatorNames[operator]}
                </option>
              ))}
            </Select>
            {!isUnary(condition.operator) && (
              <Input
                size="small"
                aria-label="Value"
                placeholder={typeOf(condition.column) === 'datetime' ? '1d ago, or 2026-01-31T12:00' : ''}
                value={condition.value}
                onChange={(_, data) => setCondition(index, { value: data.value })}
              />
            )}
            <Button
              size="small"
              appearance="subtle"
              icon={<DismissRegular />}
              aria-label={`Remove condition ${index + 1}`}
              onClick={() => onChange({ ...value, conditions: value.conditions.filter((_, at) => at !== index) })}
            />
          </div>
        ))}
        <div className={styles.line}>
          <Button
            size="small"
            icon={<AddRegular />}
            disabled={value.table === ''}
            onClick={() =>
              onChange({ ...value, conditions: [...value.conditions, { column: '', operator: '==', value: '' }] })
            }
          >
            Condition
          </Button>
        </div>
        <div className={styles.line}>
          <Field label="Show" size="small">
            <Select
              size="small"
              value={summarize?.what ?? 'rows'}
              onChange={(_, data) => {
                const what = aggregates.find((one) => one === data.value);
                const { of = columns[0]?.name ?? '', by = [], bin = '' } = summarize ?? {};
                onChange({ ...value, summarize: what && { what, of, by, bin }, columns: what ? [] : value.columns });
              }}
            >
              <option value="rows">The rows</option>
              <option value="count">How many</option>
              <option value="dcount">How many different</option>
              <option value="sum">Sum of</option>
              <option value="avg">Mean of</option>
              <option value="min">Least of</option>
              <option value="max">Greatest of</option>
            </Select>
          </Field>
          {summarize && summarize.what !== 'count' && (
            <Field label="Of" size="small">
              <Input
                size="small"
                list={ids.columns}
                value={summarize.of}
                onChange={(_, data) => onChange({ ...value, summarize: { ...summarize, of: data.value } })}
              />
            </Field>
          )}
          {summarize ? (
            <>
              <Field label="By" size="small" className={styles.wide}>
                <Input
                  size="small"
                  placeholder="Columns, commas between"
                  defaultValue={summarize.by.join(', ')}
                  onBlur={(event) =>
                    onChange({ ...value, summarize: { ...summarize, by: byComma(event.currentTarget.value) } })
                  }
                />
              </Field>
              <Field label="Time in steps of" size="small">
                <Select
                  size="small"
                  value={summarize.bin}
                  onChange={(_, data) =>
                    onChange({
                      ...value,
                      summarize: {
                        ...summarize,
                        bin: data.value,
                        by:
                          data.value !== '' && !summarize.by.includes('TimeGenerated')
                            ? ['TimeGenerated', ...summarize.by]
                            : summarize.by,
                      },
                    })
                  }
                >
                  <option value="">None</option>
                  {['1m', '5m', '1h', '1d'].map((one) => (
                    <option key={one}>{one}</option>
                  ))}
                </Select>
              </Field>
            </>
          ) : (
            <Field label="Columns" size="small" className={styles.wide}>
              <Input
                size="small"
                placeholder="All; or names, commas between"
                defaultValue={value.columns.join(', ')}
                onBlur={(event) => onChange({ ...value, columns: byComma(event.currentTarget.value) })}
              />
            </Field>
          )}
          <Field label="Sorted by" size="small">
            <Input
              size="small"
              list={ids.columns}
              value={sort?.column ?? ''}
              onChange={(_, data) =>
                onChange({
                  ...value,
                  sort: data.value === '' ? undefined : { column: data.value, order: sort?.order ?? 'desc' },
                })
              }
            />
          </Field>
          <Field label="Order" size="small">
            <Select
              size="small"
              disabled={!sort}
              value={sort?.order ?? 'desc'}
              onChange={(_, data) =>
                sort && onChange({ ...value, sort: { ...sort, order: data.value === 'asc' ? 'asc' : 'desc' } })
              }
            >
              <option value="desc">Greatest first</option>
              <option value="asc">Least first</option>
            </Select>
          </Field>
          <Field label="At most" size="small">
            <Input
              size="small"
              type="number"
              min={1}
              max={500_000}
              value={value.take === undefined ? '' : String(value.take)}
              onChange={(_, data) => {
                const most = Math.trunc(Number(data.value));
                onChange({ ...value, take: most > 0 ? Math.min(most, 500_000) : undefined });
              }}
            />
          </Field>
        </div>
        {value.table !== '' && <CodeBlock text={toKql(value, columns)} label="KQL of it" kql />}
      </div>
    </div>
  );
}
