// Which settings each runtime needs.
import { composeSettings } from './compose.ts';
import { containerdSettings } from './containerd.ts';
import { dockerContainerdSettings, dockerSettings } from './docker.ts';
import { crioSettings, podmanSettings } from './podman.ts';
import type { SettingsFile, SettingsRequest } from './request.ts';

/** By the name that the command line has for them. */
export const settingsFor = {
  docker: dockerSettings,
  'docker-containerd': dockerContainerdSettings,
  containerd: containerdSettings,
  podman: podmanSettings,
  'cri-o': crioSettings,
  compose: composeSettings,
} as const satisfies Record<string, (request: SettingsRequest) => readonly SettingsFile[]>;

export type RuntimeName = keyof typeof settingsFor;

export const runtimeNames = Object.keys(settingsFor) as readonly RuntimeName[];
