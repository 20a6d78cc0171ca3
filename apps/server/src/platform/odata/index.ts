export { metadataOf, pageAnswer, selected, versionOf, type AnsweredPage } from './answer.ts';
export { parseFilter, printFilter, type Filter, type Literal } from './filter.ts';
export {
  nextLink,
  pageSql,
  readListOptions,
  skipToken,
  type ListOptions,
  type PageSql,
  type RawQuery,
} from './page.ts';
export { queryPage, type PageQuery, type QueriedPage } from './query.ts';
export { filterSql, Parameters, type Collection, type Properties, type Property } from './sql.ts';
