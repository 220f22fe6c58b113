// The door of the proxy: a handler for any node:http server, and a server of its own.
export { createProxyHandler, proxyDefaults } from './handler.ts';
export type { ProxyHandler, ProxyOptions } from './handler.ts';
export { startProxy } from './serve/server.ts';
export { tunnelHosts } from './serve/tunnel-target.ts';
export type { ServerCredential, TunnelOptions } from './serve/tunnel.ts';
export type { ProxyServerOptions, RunningProxy } from './serve/server.ts';
export type { Decision, DecisionCounts } from './operations/decision.ts';
export { MeterRegistry } from './operations/meter-registry.ts';
export type { TrustSource, Upstream } from './upstream.ts';
export { describeRule } from './policy/describe.ts';
export { PolicyFile, type PolicyFileOptions } from './policy/policy-file.ts';
export type { Policy, PolicyView } from './policy/policy.ts';
export { readPolicy } from './policy/read-policy.ts';
export type { Rule } from './policy/rule.ts';
export type { Freshness } from './policy/trust-view.ts';
