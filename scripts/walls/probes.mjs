const S = 'server/src/';

/**
 * A small lawful tree: one file of every kind, importing what it may. Together with one probe it must break exactly the rule
 * that the probe is for.
 */
export const lawfulTree = {
  [`${S}kernel/ids.ts`]: "import { v7 } from 'uuid'; export type Id = string; export const id = v7;",
  [`${S}model/message.ts`]: "import type { Id } from '../kernel/ids.ts'; export interface Message { id: Id }",
  [`${S}ports/bus.ts`]:
    "import type { Message } from '../model/message.ts'; export interface Bus { publish(m: Message): void }",
  [`${S}ports/sql.ts`]: 'export interface Sql { query(): void }',
  [`${S}adapters/sql/postgres/create-postgres.ts`]:
    "import pg from 'pg'; import type { Sql } from '../../../ports/sql.ts'; export const sql: Sql = pg;",
  [`${S}adapters/sql/migrate.ts`]: "import { sql } from './postgres/create-postgres.ts'; export const m = sql;",
  [`${S}adapters/sql/backup/restore.ts`]:
    "import type pg from 'pg'; import { from as copyFrom } from 'pg-copy-streams'; export const r = (c: pg.Client) => copyFrom(c);",
  [`${S}adapters/replication/postgres/stream.ts`]: "import pg from 'pg'; export const replication = pg;",
  [`${S}adapters/bus/memory/create-memory-bus.ts`]:
    "import type { Bus } from '../../../ports/bus.ts'; export const memory: Bus = { publish() {} };",
  [`${S}adapters/bus/kafka/create-kafka-bus.ts`]:
    "import type { Bus } from '../../../ports/bus.ts'; export const kafka: Bus = { publish() {} };",
  [`${S}services/chat/api.ts`]:
    "import type { Message } from '../../model/message.ts'; export interface ChatApi { send(m: Message): void }",
  [`${S}services/chat/append.ts`]:
    "import type { Sql } from '../../ports/sql.ts'; export const append = (s: Sql) => s;",
  [`${S}rpc/wire/model.ts`]:
    "import { wire } from '@parley/contracts'; import type { Message } from '../../model/message.ts'; export const m = (x: Message) => [x, wire];",
  [`${S}services/chat/rpc.ts`]:
    "import { m } from '../../rpc/wire/model.ts'; import { views } from './rpc-views.ts'; export const r = [m, views];",
  [`${S}services/chat/rpc-views.ts`]: "import { wire } from '@parley/contracts'; export const views = wire;",
  [`${S}services/chat/append.db.test.ts`]:
    "import { sql } from '../../adapters/sql/postgres/create-postgres.ts'; import { append } from './append.ts'; append(sql);",
  [`${S}services/identity/api.ts`]: 'export interface IdentityApi { x: 1 }',
  [`${S}services/identity/hash.ts`]:
    "import { hash } from '@node-rs/argon2'; import * as jose from 'jose'; export const h = [hash, jose];",
  [`${S}services/chat/trusted-api.ts`]: "import type { ChatApi } from './api.ts'; export type T = ChatApi;",
  [`${S}services/realtime/hub.ts`]: "import type { T } from '../chat/trusted-api.ts'; export const h = (a: T) => a;",
  [`${S}services/shared/projection.ts`]:
    "import type { Sql } from '../../ports/sql.ts'; export const p = (s: Sql) => s;",
  [`${S}services/people/find.ts`]:
    "import type { ChatApi } from '../chat/api.ts'; import { p } from '../shared/projection.ts'; export const f = (a: ChatApi) => [a, p];",
  [`${S}runtime/http.ts`]:
    "import fastify from 'fastify'; import type { Id } from '../kernel/ids.ts'; export const h = (id: Id) => fastify(id);",
  [`${S}runtime/telemetry.ts`]:
    "import pino from 'pino'; import prom from 'prom-client'; export const t = [pino, prom];",
  [`${S}rpc/grpc/create-peer.ts`]:
    "import { Client } from '@grpc/grpc-js'; import { wire } from '@parley/contracts'; export const p = [Client, wire];",
  [`${S}protocols/shared/outlet.ts`]: "import ws from 'ws'; export const outlet = ws;",
  [`${S}protocols/native/rest.ts`]:
    "import type { ChatApi } from '../../services/chat/api.ts'; import { outlet } from '../shared/outlet.ts'; import { h } from '../../runtime/http.ts'; import { wire } from '@parley/contracts'; export const r = (a: ChatApi) => [a, outlet, h, wire];",
  [`${S}protocols/gochat/consumer.ts`]:
    "import type { Bus } from '../../ports/bus.ts'; export const c = (b: Bus) => b;",
  [`${S}main/modules.ts`]:
    "import { memory } from '../adapters/bus/memory/create-memory-bus.ts'; import { append } from '../services/chat/append.ts'; import { r } from '../protocols/native/rest.ts'; import { t } from '../runtime/telemetry.ts'; export const m = [memory, append, r, t];",
  [`${S}main/cli.ts`]:
    "import { Command } from 'commander'; import { m } from './modules.ts'; export const c = [Command, m];",
  'server/test-support/database.ts':
    "import { sql } from '../src/adapters/sql/postgres/create-postgres.ts'; export const open = sql;",
  'contracts/src/index.ts': "import { z } from 'zod'; export const wire = z;",
  'client/src/index.ts':
    "import type { wire } from '@parley/contracts'; export type C = typeof wire; export const c = 1;",
  'web/src/main.tsx':
    "import { c } from '@parley/client'; import { createRoot } from 'react-dom/client'; export const w = <p at={<b />}>{c}{createRoot}</p>;",
  'tests/scenarios/send.test.ts': "import { c } from '@parley/client'; import ws from 'ws'; export const t = [c, ws];",
  'bench/run.ts': "import { c } from '@parley/client'; import pg from 'pg'; export const b = [c, pg];",
};

/** Rule → the files that break it and nothing else; several such sets, where it guards several things. */
export const probes = {
  'no-cycles': { [`${S}model/a.ts`]: "import './b.ts';", [`${S}model/b.ts`]: "import './a.ts';" },
  'kernel-imports-nothing': { [`${S}kernel/probe.ts`]: "import '../model/message.ts';" },
  'model-is-pure': { [`${S}model/probe.ts`]: "import '../ports/bus.ts';" },
  'ports-speak-model': { [`${S}ports/probe.ts`]: "import '@parley/contracts';" },
  'adapters-implement-ports': { [`${S}adapters/bus/memory/probe.ts`]: "import '../../sql/migrate.ts';" },
  'technologies-do-not-meet': { [`${S}adapters/bus/memory/probe.ts`]: "import '../kafka/create-kafka-bus.ts';" },
  'services-ask-for-ports': {
    [`${S}services/chat/probe.ts`]:
      "import type { memory } from '../../adapters/bus/memory/create-memory-bus.ts'; export type T = typeof memory;",
  },
  'services-meet-at-api': { [`${S}services/people/probe.ts`]: "import '../chat/append.ts';" },
  'trusted-calls-are-for-few': { [`${S}services/people/probe.ts`]: "import '../chat/trusted-api.ts';" },
  'shared-knows-no-service': { [`${S}services/shared/probe.ts`]: "import '../chat/api.ts';" },
  'wire-types-stay-at-the-border': { [`${S}services/chat/probe.ts`]: "import '@parley/contracts';" },
  'wire-serves-rpc': { [`${S}main/probe.ts`]: "import '../rpc/wire/model.ts';" },
  'wire-knows-the-model': { [`${S}rpc/wire/probe.ts`]: "import '../grpc/create-peer.ts';" },
  'rpc-serves-rpc-files': { [`${S}services/chat/probe.ts`]: "import '../../rpc/grpc/create-peer.ts';" },
  'rpc-carries-calls': { [`${S}rpc/probe.ts`]: "import '../services/chat/api.ts';" },
  'protocols-only-translate': [
    { [`${S}protocols/native/probe.ts`]: "import '../../services/chat/append.ts';" },
    { [`${S}protocols/native/probe.ts`]: "import '../../services/chat/trusted-api.ts';" },
  ],
  'protocols-hear-the-bus-in-consumer': { [`${S}protocols/native/probe.ts`]: "import '../../ports/bus.ts';" },
  'protocols-need-only-the-hosts': { [`${S}protocols/native/probe.ts`]: "import '../../runtime/telemetry.ts';" },
  'limits-stand-before-protocols': {
    [`${S}kernel/token-buckets.ts`]: 'export const buckets = 1;',
    [`${S}protocols/native/probe.ts`]: "import '../../kernel/token-buckets.ts';",
  },
  'protocols-do-not-meet': { [`${S}protocols/native/probe.ts`]: "import '../gochat/consumer.ts';" },
  'runtime-knows-no-service': { [`${S}runtime/probe.ts`]: "import '../services/chat/api.ts';" },
  'nobody-imports-main': { [`${S}kernel/probe.ts`]: "import '../main/modules.ts';" },
  'nobody-imports-tests': { [`${S}main/probe.ts`]: "import '../../test-support/database.ts';" },
  'contracts-are-leaves': { 'contracts/src/probe.ts': "import '../../server/src/kernel/ids.ts';" },
  'client-needs-only-contracts': { 'client/src/probe.ts': "import '../../server/src/kernel/ids.ts';" },
  'client-is-isomorphic': { 'client/src/probe.ts': "import 'node:fs';" },
  'web-uses-the-client': {
    'web/src/probe.tsx': "import type { wire } from '../../contracts/src/index.ts'; export const p = <p at={<b />} />;",
  },
  'server-serves-nobody-in-particular': { [`${S}main/probe.ts`]: "import '../../../client/src/index.ts';" },
  'tests-speak-over-the-wire': { 'tests/scenarios/probe.test.ts': "import '../../server/src/kernel/ids.ts';" },
  'pg-stays-in-its-adapter': { [`${S}services/chat/probe.ts`]: "import 'pg';" },
  'kafka-stays-in-its-adapter': { [`${S}services/chat/probe.ts`]: "import '@platformatic/kafka';" },
  'fastify-stays-in-http': { [`${S}services/chat/probe.ts`]: "import 'fastify';" },
  'ws-stays-in-sockets': { [`${S}services/chat/probe.ts`]: "import 'ws';" },
  'pino-stays-in-runtime': { [`${S}services/chat/probe.ts`]: "import 'pino';" },
  'prom-client-stays-in-runtime': { [`${S}services/chat/probe.ts`]: "import 'prom-client';" },
  'credentials-stay-in-identity': { [`${S}services/chat/probe.ts`]: "import 'jose';" },
  'ioredis-stays-in-its-adapters': { [`${S}services/chat/probe.ts`]: "import 'ioredis';" },
  'rabbitmq-client-stays-in-its-adapter': { [`${S}services/chat/probe.ts`]: "import 'rabbitmq-client';" },
  'grpc-stays-in-its-transport': { [`${S}services/chat/probe.ts`]: "import '@grpc/grpc-js';" },
  'graphql-stays-in-its-protocols': { [`${S}services/chat/probe.ts`]: "import 'graphql';" },
  'commander-stays-in-main': { [`${S}services/chat/probe.ts`]: "import 'commander';" },
  'no-undeclared-packages': { [`${S}runtime/probe.ts`]: "import 'semver';" },
  'imports-resolve': { [`${S}runtime/probe.ts`]: "import './nothing.ts';" },
};
