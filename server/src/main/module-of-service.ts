import type { Service } from '../ports/service.ts';
import type { Wired } from '../runtime/modules.ts';
import { allServices, type KnownService } from './all-services.ts';
import type { ProgramContext, ProgramModule } from './program-context.ts';
import type { ServiceApis, ServiceName } from './services.ts';

const streamReaders = allServices.flatMap(({ name, module = name, opens = [] }) =>
  opens.includes('bus') && !opens.includes('changes') ? [module] : [],
);

/** What a service's service.ts says, as a module; none where it has no code of its own. */
export function moduleOfService(service: KnownService): ProgramModule[] {
  if (!('init' in service)) return [];
  const { name, module = name, after = [], opens = [], database }: Service = service;
  const { init } = service;
  return [
    {
      name: module,
      // Whoever lets the change stream flow waits for all who read it: what nobody has subscribed to is lost to them.
      after: opens.includes('changes') ? [...streamReaders, 'access'] : after,
      opens: [...(database ? [name as keyof ProgramContext['sql']] : []), ...opens],
      async init(p): Promise<Wired> {
        const { unit, apis, ...rest } = await init(p);
        for (const [api, implementation] of Object.entries(apis))
          p.services.provide(api as ServiceName, implementation as ServiceApis[ServiceName]);
        return { unit, ...rest };
      },
    },
  ];
}
