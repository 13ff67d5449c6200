/**
 * What the module manager starts and stops.
 *
 *   new ── start ──▶ running ── stop ──▶ stopped
 *    └────────────────── failed ◀── start or run throws
 *
 * `start` resolves when the unit serves; `failed` rejects when it breaks afterwards, which ends the process: a program
 * that has lost a part must not look healthy.
 */
export interface Unit {
  start?(): Promise<void>;
  /** Stops taking new work (called for every unit before any is stopped). */
  drain?(): Promise<void>;
  stop?(): Promise<void>;
  /** Never resolves; rejects when the unit fails while running. */
  readonly failed?: Promise<never>;
  /** What /readyz and /api/v1/status say of it. */
  health?(): Health;
}

export interface Health {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly detail?: string;
}
