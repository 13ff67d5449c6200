import type { ServiceStatus } from '../../shared/halves.ts';
import { builder } from './builder.ts';
import { health } from './enums.ts';

type NamedService = ServiceStatus['services'][string] & { readonly name: string };

const service = builder.objectRef<NamedService>('ServiceStatus').implement({
  fields: (t) => ({
    name: t.exposeString('name'),
    status: t.expose('status', { type: health }),
    instances: t.exposeInt('instances'),
    detail: t.string({ nullable: true, resolve: ({ detail }) => detail ?? null }),
  }),
});

const status = builder.objectRef<ServiceStatus>('Status').implement({
  fields: (t) => ({
    status: t.expose('status', { type: health }),
    version: t.exposeString('version'),
    uptimeSeconds: t.exposeFloat('uptimeSeconds'),
    services: t.field({
      type: [service],
      resolve: ({ services }) => Object.entries(services).map(([name, known]) => ({ name, ...known })),
    }),
  }),
});

builder.queryField('status', (t) =>
  t.field({
    type: status,
    nullable: true,
    description: 'Whether the services run. Needs no credential.',
    resolve: (_root, _args, { services }) => services.status(),
  }),
);
