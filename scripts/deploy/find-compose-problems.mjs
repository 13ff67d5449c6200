import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { findOptionProblems } from './find-option-problems.mjs';

/**
 * What is wrong with a compose file as Docker would read it with no variable set: names that stand for nothing, files that are not
 * there, and variables that the program would refuse.
 *
 * @param {any} compose parsed, with its anchors merged
 * @param {{folder: string, program: import('./find-option-problems.mjs').Program | null}} context `folder`: of the file; `program`:
 *   null for a file that runs engines only
 * @returns {string[]}
 */
export function findComposeProblems(compose, { folder, program }) {
  const problems = [];
  const services = Object.entries(fillIn(compose.services));
  for (const [name, service] of services) {
    const found = [
      ...findServiceProblems(service, { folder, compose }),
      ...(program && service.build ? findProgramProblems(service, { program, compose }) : []),
    ];
    problems.push(...found.map((text) => `${name}: ${text}`));
  }
  if (!program) return problems;
  const targets = services.map(([, { environment }]) => environment?.PARLEY_TARGET);
  for (const { name: target, single } of program.services) {
    if (targets.filter((each) => each === target).length !== 1)
      problems.push(`target ${target} does not run exactly once`);
    const runs = services.find(([, { environment }]) => environment?.PARLEY_TARGET === target)?.[1];
    if (single === 'anywhere' && (runs?.deploy?.replicas ?? 1) !== 1) problems.push(`${target}: two would run at once`);
  }
  return problems;
}

function findServiceProblems(service, { folder, compose }) {
  const problems = [];
  const must = (holds, text) => holds || problems.push(text);
  must(service.build || /:(?!latest$)[\w.-]+$/.test(service.image), `runs ${service.image}: no version`);
  must(service.healthcheck, 'has no healthcheck');
  for (const other of Object.keys(toObject(service.depends_on)))
    must(compose.services[other], `waits for ${other}, which there is not`);
  for (const volume of service.volumes ?? []) {
    const [source] = volume.split(':');
    const isFile = /^[./]/.test(source);
    // What the engines write is there once they have run.
    const isThere = isFile
      ? source.includes('.cache/') || existsSync(resolve(folder, source))
      : source in (compose.volumes ?? {});
    must(isThere, `mounts ${source}, which there is not`);
  }
  for (const port of service.ports ?? []) must(port.startsWith('127.0.0.1:'), `opens ${port} to everybody`);
  return problems;
}

function findProgramProblems(service, { program, compose }) {
  const problems = [];
  const must = (holds, text) => holds || problems.push(text);
  const env = { ...service.environment };
  const started = service.entrypoint.join(' ');
  for (const [, name, value] of started.matchAll(/(PARLEY_\w+)=(\S+)/g))
    env[name] = value.replace('$$HOSTNAME', 'a1b2c3');
  problems.push(...findOptionProblems(env, [started.split(' ').at(-1)], program));
  must(service.read_only && service.cap_drop?.includes('ALL'), 'keeps rights it does not need');
  const grace = Number.parseInt(service.stop_grace_period, 10);
  must(grace >= Number(env.PARLEY_DRAIN_SECONDS) + 20, 'is killed before its drain can end');
  for (const [name, value] of Object.entries(env)) {
    const host =
      /^\w+:\/\/(?:[^@/]*@)?([^/?:]+)/.exec(value)?.[1] ?? (name === 'PARLEY_DISCOVERY' && value.split(':')[0]);
    if (host && name !== 'PARLEY_PUBLIC_URL')
      must(compose.services[host], `${name} names ${host}, which is no service`);
  }
  return problems;
}

/** `${NAME:-default}` everywhere as its default. */
function fillIn(value) {
  if (typeof value === 'string') return value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
  if (Array.isArray(value)) return value.map(fillIn);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fillIn(each)]));
}

const toObject = (list = {}) => (Array.isArray(list) ? Object.fromEntries(list.map((name) => [name, {}])) : list);
