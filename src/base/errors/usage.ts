// Errors of the request itself: exit code 2.
import { define } from './define.ts';

export const usageErrors = {
  USAGE: define(
    'usage',
    (f: { problem: string; hint?: string }) => f.problem,
    (f) => f.hint ?? 'Run `dct --help` for the commands and their options.',
  ),
  REFERENCE_INVALID: define(
    'usage',
    (f: { reference: string; problem: string }) => `"${f.reference}" is not an image reference: ${f.problem}`,
    () => 'Write it as [HOST[:PORT]/]NAME[:TAG], in lower case, for example localhost:5000/team/app:1.0.',
  ),
  DIGEST_INVALID: define(
    'usage',
    (f: { digest: string }) => `"${f.digest}" is not a digest`,
    () => 'Write it as sha256: and 64 lower-case hexadecimal digits.',
  ),
  GUN_INVALID: define(
    'usage',
    (f: { gun: string; problem: string }) => `"${f.gun}" cannot name a trust collection: ${f.problem}`,
    () => 'A trust collection is named HOST[:PORT]/REPOSITORY, without tag or digest.',
  ),
  CONFIG_INVALID: define(
    'usage',
    (f: { file: string; path: string; problem: string }) => `${f.file}: ${f.path}: ${f.problem}`,
    (f) => `Correct ${f.file}; unknown or mistyped settings are refused rather than ignored.`,
  ),
  SERVER_URL_INVALID: define(
    'usage',
    (f: { url: string; problem: string }) =>
      `the trust server address "${f.url}" cannot be used: ${f.problem}`,
    () => 'Give an https:// address with --server or DOCKER_CONTENT_TRUST_SERVER.',
  ),
  CREDENTIAL_HELPER: define(
    'usage',
    (f: { helper: string; problem: string }) => `the credential helper ${f.helper} failed: ${f.problem}`,
    (f) =>
      `Check that \`${f.helper} list\` works, or change credsStore and credHelpers in Docker's config.json.`,
  ),
  SANDBOX_ABSENT: define(
    'usage',
    (f: { host: string; problem: string }) => `there is no sandbox at ${f.host}: ${f.problem}`,
    () => 'Attacks are for sandboxes only: start one with `dct sandbox up`, and name an image in it.',
  ),
  ATTACK_IMPOSSIBLE: define(
    'usage',
    (f: { attack: string; gun: string; problem: string }) =>
      `the sandbox cannot ${f.attack} ${f.gun}: ${f.problem}`,
    () => 'Sign something in that repository first, then try again.',
  ),
};
