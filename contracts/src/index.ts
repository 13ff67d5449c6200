export * from './native/index.ts';
