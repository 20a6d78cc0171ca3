/** What is labelled: one recording, and what rules must make of it. */
export interface LabelledItem {
  /** Unique in its set. */
  readonly id: string;
  /** An attack must raise an alert; what is quiet must raise none. */
  readonly expect: 'attack' | 'quiet';
  /** Ids of rules of which one must be among those that fire. Default: any rule will do. */
  readonly rules?: readonly string[];
  /** Where the recording is: a file or folder; or its text. */
  readonly log: { readonly path: string } | { readonly text: string };
  /** Id of the source that the recording is of. Default: recognised. */
  readonly source?: string;
}

export interface LabelledSet {
  readonly name: string;
  /** The form that its labels have. */
  readonly form: string;
  readonly items: readonly LabelledItem[];
  /** Recordings that say nothing of what rules must make of them. */
  readonly unlabelled: number;
}

/** Items of one set. */
export const itemsMax = 100_000;

/** A form that labels may have. */
export interface Form {
  readonly name: string;
  /** Reads the set at `path`; undefined when it is of another form. Throws SallyportError when it is of this one and wrong. */
  read(path: string): Promise<Omit<LabelledSet, 'name' | 'form'> | undefined>;
}
