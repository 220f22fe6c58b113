// A proxy under a policy, and what it answers: the status, and the reason when it is a refusal.
import { utf8 } from '../../../src/base/bytes.ts';
import type { Digest } from '../../../src/base/digest.ts';
import { readPolicy } from '../../../src/proxy/index.ts';
import type { Manifest } from '../../../src/registry/index.ts';
import { startRig, type ErrorBody, type FakeRegistry, type Rig } from '../fakes.ts';

/** A rule of a policy file. */
export type RuleText = Readonly<Record<string, unknown>>;

export function policyWith(...rules: readonly RuleText[]): ReturnType<typeof readPolicy> {
  return readPolicy(utf8(JSON.stringify({ rules })), 'policy.json');
}

/** A proxy with one rule for all repositories. */
export function startUnder(rule: RuleText, audit = false): Promise<Rig> {
  return startRig({ policy: policyWith({ match: '**', ...rule }), audit });
}

/** `200`, or a status with the reason of the refusal, as in `403 NOT_SIGNED`. */
export async function ask({ url }: Rig, path: string, init?: RequestInit): Promise<string> {
  const response = await fetch(`${url}/v2/${path}`, init);
  if (response.ok) {
    await response.arrayBuffer();
    return String(response.status);
  }
  const { errors } = (await response.json()) as ErrorBody;
  return `${response.status} ${errors[0]?.detail.reason ?? ''}`;
}

/** Stores a manifest that lists others, or a config and layers, by digest. */
export function storeListing(
  registry: FakeRegistry,
  bytes: Uint8Array,
  kind: 'manifest' | 'layer',
  children: readonly Digest[],
): Digest {
  const digest = registry.store(bytes);
  const stored = registry.manifests.get(digest) as Manifest;
  const references = children.map((child) => ({ digest: child, size: 1, mediaType: 'x/y', kind }));
  registry.manifests.set(digest, { ...stored, references });
  return digest;
}
