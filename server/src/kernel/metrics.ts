/** The few kinds of figures the program keeps. Names follow Prometheus (`parley_…_total`, `_seconds`, `_bytes`). */
export interface Metrics {
  counter(name: string, help: string): { add(n?: number): void };
  /** `labels`: one figure of several of that name; all have the same labels, with few values each. */
  gauge(name: string, help: string, labels?: Readonly<Record<string, string>>): { set(n: number): void };
  /** Seconds. */
  histogram(name: string, help: string): { observe(seconds: number): void };
}

const nothing = { add() {}, set() {}, observe() {} };
export const noMetrics: Metrics = { counter: () => nothing, gauge: () => nothing, histogram: () => nothing };
