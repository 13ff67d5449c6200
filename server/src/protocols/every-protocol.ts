// Every public protocol, one line each, by the name of its folder. This and the folder are all there is of a protocol in the server.
export { graphql } from './graphql/protocol.ts';
export { native } from './native/protocol.ts';
export { veigo } from './veigo/protocol.ts';
