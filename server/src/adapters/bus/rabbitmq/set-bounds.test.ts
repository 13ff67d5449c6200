import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bounds, explainBounds } from './set-bounds.ts';

const read = (path: string) => readFileSync(new URL(`../../../../../${path}`, import.meta.url), 'utf8');

test('brokers that are deployed with Parley have the policy that `parley migrate` sets', () => {
  const [policy] = (JSON.parse(read('deploy/rabbitmq/parley.json')) as { policies: { definition: object }[] }).policies;
  expect(policy?.definition).toEqual(bounds);
  const chart = read('deploy/helm/parley/templates/engines/rabbitmq.yaml');
  for (const [name, value] of Object.entries(bounds)) expect(chart).toMatch(new RegExp(`"${name}" "?${value}\\b`));
});

test('the command for operators sets it for the queues of this installation alone', () => {
  expect(explainBounds('a.b.')).toBe(
    "rabbitmqctl set_policy --apply-to queues 'a.b.parley-bounds' '^a\\.b\\.parley\\.' " +
      '\'{"max-length-bytes":1073741824,"overflow":"reject-publish","delivery-limit":1000000000}\'',
  );
});
