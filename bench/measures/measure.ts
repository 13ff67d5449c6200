/** One line of the table that `npm run bench` prints and docs/benchmarks.md keeps. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** What issue and design ask for; `at least` or `at most`. */
  readonly target: { readonly bound: 'at least' | 'at most'; readonly value: number } | null;
  /** The floor measured in the same run, in the same unit, and what it is. */
  readonly floor: { readonly value: number; readonly what: string } | null;
  readonly note?: string;
}

export interface Measure {
  readonly name: string;
  readonly help: string;
  run(progress: (line: string) => void): Promise<readonly Figure[]>;
}

export function reached(figure: Figure): boolean | null {
  if (!figure.target) return null;
  return figure.target.bound === 'at least' ? figure.value >= figure.target.value : figure.value <= figure.target.value;
}
