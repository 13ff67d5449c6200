import { createRabbitmqBus } from '../src/adapters/bus/rabbitmq/create-rabbitmq-bus.ts';
import { silentLog } from '../src/kernel/log.ts';

/** A member of the group `router` that says so when it has records in hand, and never finishes: to be killed. */
const [url = '', prefix = '', partitions = ''] = process.argv.slice(2);
const bus = createRabbitmqBus({ url, prefix, log: silentLog, groups: [], partitions: Number(partitions) });
await bus.subscribe('router', ['parley.chat'], () => {
  console.log('handling');
  return new Promise(() => {});
});
console.log('ready');
