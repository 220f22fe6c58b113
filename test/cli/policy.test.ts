// `dct policy check`: what a policy file says, and about which image.
import { expect, it } from 'vitest';
import { run } from './support.ts';

const policy = JSON.stringify({
  rules: [
    { match: 'nginx', require: 'pass' },
    { match: 'r.io', require: 'signed', strict: true, outage: 'fail' },
    { match: 'r.io/pay/*', require: 'signed-by', signers: ['ci', 'qa'], threshold: 1, audit: true },
  ],
});
const files = { '/project/policy.json': policy };
const check = (...images: readonly string[]) =>
  run(['policy', 'check', 'policy.json', ...images], { files, services: {} });

it('shows all rules', async () => {
  expect(await check()).toEqual({
    code: 0,
    stderr: '',
    stdout: [
      'PATTERN                   RULE',
      'docker.io/library/nginx   pass',
      'r.io/**                   signed; strict; outage fail',
      'r.io/pay/*                signed-by ci, qa (1 of them); audit',
      '',
    ].join('\n'),
  });
});

it('says which rule decides about an image, however it is written', async () => {
  const { code, stdout } = await check(
    'nginx:1',
    'r.io/pay/app@sha256:' + 'a'.repeat(64),
    'r.io/a',
    's.io/a',
  );
  const rules = stdout.split('\n').map((line) => line.split(/ {3,}/).slice(1));
  expect([code, ...rules.slice(1, 5)]).toEqual([
    0,
    ['docker.io/library/nginx', 'pass'],
    ['r.io/pay/*', 'signed-by ci, qa (1 of them); audit'],
    ['r.io/**', 'signed; strict; outage fail'],
    ['-', 'refused: no rule is about it'],
  ]);
});

it('says so in JSON', async () => {
  const { stdout } = await run(['policy', 'check', 'policy.json', 'r.io/a', 's.io/a', '--json'], {
    files,
    services: {},
  });
  expect(JSON.parse(stdout)).toMatchObject({
    images: [
      { image: 'r.io/a', rule: { pattern: 'r.io/**', require: 'signed', strict: true } },
      { image: 's.io/a', rule: null },
    ],
  });
});

it.each([
  { name: 'a file that is missing', given: {}, code: 'POLICY_INVALID' },
  { name: 'a file that is wrong', given: { '/project/policy.json': '{' }, code: 'POLICY_INVALID' },
])('PO-02: $name is a usage error', async ({ given, code }) => {
  const outcome = await run(['policy', 'check', 'policy.json', '--json'], { files: given, services: {} });
  expect([outcome.code, outcome.stdout]).toEqual([2, '']);
  expect(outcome.stderr).toContain(code);
});
