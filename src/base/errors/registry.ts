// The registry answered, and the answer was no: exit code 5.
import { define } from './define.ts';

export const registryErrors = {
  MANIFEST_UNKNOWN: define(
    'registry',
    (f: { reference: string }) => `the registry has no ${f.reference}`,
    () => 'Check the name, or push the image first.',
  ),
  BLOB_UNKNOWN: define(
    'registry',
    (f: { reference: string }) => `the registry has no blob ${f.reference}`,
    () => 'The image is incomplete in the registry; push it again.',
  ),
  NAME_UNKNOWN: define(
    'registry',
    (f: { repository: string }) => `the registry has no repository ${f.repository}`,
    () => 'Check the name, or push an image first.',
  ),
  REGISTRY_DENIED: define(
    'registry',
    (f: { url: string; status: number; user: string }) =>
      `${f.url} denied access (HTTP ${f.status}) to ${f.user}`,
    () => 'Log in with an account that may read this repository: docker login HOST',
  ),
  REGISTRY_REFUSED: define(
    'registry',
    (f: { url: string; status: number; detail: string }) => `${f.url} answered HTTP ${f.status}: ${f.detail}`,
    () => 'See the log of the registry, or ask its operator.',
  ),
  MANIFEST_UNSUITABLE: define(
    'registry',
    (f: { reference: string; problem: string }) => `${f.reference} cannot be signed: ${f.problem}`,
    () => 'Push the image in a current format (OCI, or Docker schema 2) and sign that.',
  ),
};
