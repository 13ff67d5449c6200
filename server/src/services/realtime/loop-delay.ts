import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';

const nanosecondsPerSecond = 1e9;

/** Watches how long the event loop is held up (rule 22): the 99th percentile since the last report, and an alarm for the longest stop. */
export function watchLoopDelay(deps: { readonly log: Log; readonly metrics: Metrics; readonly alarmMs: number }): {
  report(): void;
  stop(): void;
} {
  const delays = monitorEventLoopDelay({ resolution: 20 });
  const metric = deps.metrics.histogram('parley_event_loop_delay_seconds', 'Delay of the event loop, 99th percentile.');
  delays.enable();
  return {
    report() {
      const seconds = delays.percentile(99) / nanosecondsPerSecond;
      // One long stop among many short turns is no percentile, and everybody waits for it all the same.
      const longest = delays.max / nanosecondsPerSecond;
      delays.reset();
      metric.observe(seconds);
      if (longest * 1_000 > deps.alarmMs) {
        deps.log.warn({ seconds: longest }, 'the event loop is held up: everybody waits');
      }
    },
    stop: () => void delays.disable(),
  };
}
