import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';

/** @returns the port in use; what keeps it from opening is the cause of what is thrown, as the operating system says it */
export function listen(server: Server, host: string, port: number, name: string): Promise<number> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(new Error(`the ${name} gRPC port cannot be opened on ${address}`, { cause: error }));
      else resolve(bound);
    });
  });
}

/** Lets calls end for `limitMs` milliseconds, then cuts them off. */
export function shutDown(server: Server, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      // Not when all is closed: a peer that has gone without a word never closes its end.
      resolve();
    }, limitMs);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Of all the protos that are described (base64), reflection lists the services of this port. */
export function addReflection(server: Server, descriptors: readonly string[], services: string[]): void {
  const files = { fileDescriptorProtos: descriptors.map((file) => Buffer.from(file, 'base64')) };
  new ReflectionService({ parley: { format: '', type: {}, ...files } as never }, { services }).addToServer(server);
}
