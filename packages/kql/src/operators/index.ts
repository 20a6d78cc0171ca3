import { mvApply, mvExpand } from './expand.ts';
import { find } from './find.ts';
import { graphToTable, makeGraph, markComponents, whereEdges, whereNodes } from './graph/make.ts';
import { graphMatch, graphShortestPaths } from './graph/match.ts';
import { sample, sampleDistinct, topHitters } from './groups.ts';
import { partition } from './partition.ts';
import { parse, parseKv, parseWhere } from './parse.ts';
import { evaluate, evaluateSource } from './plugins/index.ts';
import {
  extend,
  getSchema,
  project,
  projectColumns,
  projectRename,
  serialize,
  sort,
  take,
  top,
  where,
} from './rows.ts';
import { assertSchema, consume, externalData, macroExpand } from './rare.ts';
import { reduceBy } from './reduce.ts';
import { scan } from './scan.ts';
import { search, searchSource } from './search.ts';
import { makeSeries } from './series.ts';
import type { OperatorBinder, SourceBinder } from './shared.ts';
import { count, distinct, summarize } from './summarize.ts';
import { onlyAtTheEnd } from './several.ts';
import { asName, dataTable, invoke, join, lookup, print, range, render } from './tables.ts';
import { topNested } from './top-nested.ts';
import { union, unionSource } from './union.ts';

/** Query operators, by the library's name of their node. What is not here is refused with its place. */
export const operators: ReadonlyMap<string, OperatorBinder> = new Map<string, OperatorBinder>([
  ['FilterOperator', where],
  ['ProjectOperator', project],
  ['ProjectAwayOperator', projectColumns],
  ['ProjectKeepOperator', projectColumns],
  ['ProjectReorderOperator', projectColumns],
  ['ProjectRenameOperator', projectRename],
  ['ExtendOperator', extend],
  ['SerializeOperator', serialize],
  ['SortOperator', sort],
  ['TakeOperator', take],
  ['TopOperator', top],
  ['SummarizeOperator', summarize],
  ['DistinctOperator', distinct],
  ['CountOperator', count],
  ['JoinOperator', join],
  ['LookupOperator', lookup],
  ['UnionOperator', union],
  ['MvExpandOperator', mvExpand],
  ['MvApplyOperator', mvApply],
  ['ParseOperator', parse],
  ['ParseWhereOperator', parseWhere],
  ['ParseKvOperator', parseKv],
  ['AsOperator', asName],
  ['InvokeOperator', invoke],
  ['RenderOperator', render],
  ['GetSchemaOperator', getSchema],
  ['ConsumeOperator', consume],
  ['AssertSchemaOperator', assertSchema],
  ['MakeSeriesOperator', makeSeries],
  ['SearchOperator', search],
  ['PartitionOperator', partition],
  ['TopHittersOperator', topHitters],
  ['SampleOperator', sample],
  ['SampleDistinctOperator', sampleDistinct],
  ['EvaluateOperator', evaluate],
  ['ProjectByNamesOperator', projectColumns],
  ['MakeGraphOperator', makeGraph],
  ['GraphMatchOperator', graphMatch],
  ['GraphShortestPathsOperator', graphShortestPaths],
  ['GraphToTableOperator', graphToTable],
  ['GraphMarkComponentsOperator', markComponents],
  ['GraphWhereNodesOperator', whereNodes],
  ['GraphWhereEdgesOperator', whereEdges],
  ['TopNestedOperator', topNested],
  ['ScanOperator', scan],
  ['ReduceByOperator', reduceBy],
  ['ForkOperator', onlyAtTheEnd],
  ['FacetOperator', onlyAtTheEnd],
]);

/** What stands at the head of a pipe. */
export const sources: ReadonlyMap<string, SourceBinder> = new Map<string, SourceBinder>([
  ['PrintOperator', print],
  ['DataTableExpression', dataTable],
  ['RangeOperator', range],
  ['UnionOperator', unionSource],
  ['SearchOperator', searchSource],
  ['EvaluateOperator', evaluateSource],
  ['FindOperator', find],
  ['MacroExpandOperator', macroExpand],
  ['ExternalDataExpression', externalData],
]);
