// The door of the sandbox: servers to learn on, and the attacks they can be told to mount.
export type { AttackOrder } from './attack-order.ts';
export { alterations, type Alteration } from './registry/alteration.ts';
export { orderAttack } from './remote.ts';
export { startSandbox, type RunningSandbox, type SandboxOptions } from './sandbox.ts';
export type { ClientSettings } from './home.ts';
