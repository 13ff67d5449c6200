import { cluster } from './measures/cluster.ts';
import { connections } from './measures/connections.ts';
import { fanOut } from './measures/fan-out.ts';
import { graphql } from './measures/graphql.ts';
import { history } from './measures/history.ts';
import { hostile } from './measures/hostile.ts';
import { latency } from './measures/latency.ts';
import { type Figure, type Measure, reached } from './measures/measure.ts';
import { search } from './measures/search.ts';
import { send } from './measures/send.ts';
import { subscriptions } from './measures/subscriptions.ts';

/** `npm run bench [-- name …]`: every measure, or the named ones; ends with a Markdown table for docs/benchmarks.md. */
const measures: readonly Measure[] = [
  fanOut,
  send,
  latency,
  connections,
  history,
  search,
  graphql,
  subscriptions,
  hostile,
  cluster,
];

const wanted = process.argv.slice(2);
if (wanted.includes('--help') || wanted.some((name) => !measures.some((measure) => measure.name === name))) {
  console.log('npm run bench [-- name …]\n');
  for (const measure of measures) console.log(`  ${measure.name.padEnd(12)} ${measure.help}`);
  process.exit(wanted.includes('--help') ? 0 : 2);
}

const figures: Figure[] = [];
for (const measure of measures) {
  if (wanted.length > 0 && !wanted.includes(measure.name)) continue;
  console.error(`${measure.name}: ${measure.help}`);
  figures.push(...(await measure.run((line) => console.error(`  ${line}`))));
}

const number = (value: number): string =>
  value >= 1_000 ? Math.round(value).toLocaleString('en') : value.toFixed(value < 10 ? 2 : 1);
console.log('\n| what | figure | target | floor in the same run | ratio | |\n|---|---|---|---|---|---|');
for (const figure of figures) {
  const { target, floor } = figure;
  const verdict = reached(figure);
  console.log(
    `| ${figure.what} | ${number(figure.value)} ${figure.unit} | ${target ? `${target.bound} ${number(target.value)}` : ''} | ${
      floor ? `${number(floor.value)} (${floor.what})` : ''
    } | ${floor ? `${((figure.value / floor.value) * 100).toFixed(0)} %` : ''} | ${[verdict === null ? null : verdict ? 'reached' : 'not reached', figure.note].filter(Boolean).join('; ')} |`,
  );
}
process.exit(process.exitCode ?? 0);
