import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Cluster,
  createGroup,
  createPerson,
  findEngines,
  historyOf,
  type NetworkProxy,
  type Person,
  readReady,
  readStatus,
  sendText,
  startProxy,
  startSplit,
  until,
} from '../../harness/index.ts';

/** Over RabbitMQ, to which a way can be cut: a client of Kafka goes where the broker says that it is. */
describe('while the broker is away', () => {
  let broker: NetworkProxy;
  let cluster: Cluster;
  let ann: Person;
  let bob: Person;

  beforeAll(async () => {
    const engines = findEngines({ ...process.env, PARLEY_TEST_BUS: 'rabbitmq' });
    const { username, password } = new URL(engines.bus);
    broker = await startProxy(() => engines.bus);
    cluster = await startSplit({ ...engines, bus: broker.url.replace('http://', `amqp://${username}:${password}@`) });
    ann = await createPerson(cluster, 'ann');
    bob = await createPerson(cluster, 'bob');
  });
  afterAll(async () => {
    await cluster?.stop();
    await broker?.close();
  });

  const statusOfBus = async () => (await readStatus(cluster)).services.bus?.status;
  const isReady = async (target: string) => !(await readReady(cluster, target)).includes(false);
  const isNotReady = async (target: string) => !(await readReady(cluster, target)).includes(true);

  test('messages are stored, acknowledged and in history; they are delivered when it is back', async () => {
    const { id } = await createGroup(ann, [bob]);
    const socket = await bob.socket();
    await sendText(ann, id, 'before');
    await socket.take('message', ({ seq }) => seq === 1);
    expect(await statusOfBus()).toBe('ok');
    broker.refuse();
    broker.cut();
    await until('the status tells', async () => (await statusOfBus()) === 'down');
    // Who moves changes can do nothing now, who keeps messages can; a process that faces people is there to tell them.
    for (const target of ['relay', 'router']) await until(`${target} is not ready`, () => isNotReady(target));
    for (const target of ['chat', 'identity', 'gateway', 'realtime']) expect(await isReady(target)).toBe(true);
    for (const seq of [2, 3]) expect(await sendText(ann, id, `${seq}`)).toMatchObject({ seq });
    expect((await historyOf(bob, id)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    broker.accept();
    for (const seq of [2, 3]) await socket.take('message', (frame) => frame.seq === seq);
    await until('the status tells', async () => (await statusOfBus()) === 'ok');
    for (const target of ['relay', 'router']) await until(`${target} is ready`, () => isReady(target));
    socket.close();
  });
});
