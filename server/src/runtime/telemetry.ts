import pino from 'pino';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Log } from '../kernel/log.ts';
import type { Metrics } from '../kernel/metrics.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Structured lines on standard error: standard output is for what a person or a script waits for. Secrets are cut out. */
export function createLog(level: LogLevel): Log {
  const log = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.err },
      redact: [
        'password',
        'token',
        '*.password',
        '*.token',
        '*.access',
        '*.refresh',
        'headers.authorization',
        'headers.cookie',
      ],
    },
    pino.destination({ fd: 2, sync: true }),
  );
  return log as unknown as Log;
}

export interface Telemetry extends Metrics {
  /** The Prometheus text format (version 0.0.4). */
  render(): Promise<string>;
  readonly contentType: string;
}

/** Asking twice for one name gives the same figure, so that parts of a service need not hand it around. */
export function createTelemetry(): Telemetry {
  const registers = [new Registry()];
  const registry = registers[0] as Registry;
  // Ten looks a second at the event loop: the default's hundred are a third of what an idle process costs.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const known = new Map<string, unknown>();
  const once = <T>(name: string, create: () => T): T => {
    if (!known.has(name)) known.set(name, create());
    return known.get(name) as T;
  };
  return {
    counter: (name, help) =>
      once(name, () => {
        const counter = new Counter({ name, help, registers });
        return { add: (n = 1) => counter.inc(n) };
      }),
    gauge(name, help, labels = {}) {
      const gauge = once(name, () => new Gauge({ name, help, registers, labelNames: Object.keys(labels) }));
      return gauge.labels(labels);
    },
    histogram: (name, help) =>
      once(name, () => {
        const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
        return new Histogram({ name, help, registers, buckets });
      }),
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
