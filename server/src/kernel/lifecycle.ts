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

/** Several units as one: started in order, drained and stopped in reverse; as healthy as the first that ails. */
export function joinUnits(units: readonly Unit[]): Unit {
  const backwards = [...units].reverse();
  const failures = units.flatMap((unit) => unit.failed ?? []);
  return {
    async start() {
      for (const unit of units) await unit.start?.();
    },
    async drain() {
      for (const unit of backwards) await unit.drain?.();
    },
    async stop() {
      for (const unit of backwards) await unit.stop?.();
    },
    ...(failures.length > 0 && { failed: Promise.race(failures) }),
    health: () =>
      units.map((unit) => unit.health?.()).find((health) => health && health.status !== 'ok') ?? { status: 'ok' },
  };
}
