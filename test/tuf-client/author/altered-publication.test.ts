// Cure53's TUF-01-001: somebody adds what nobody signed to a publication on its way, and the server takes it. With notary, nothing
// could be published there any more; `test/real/altered-publication.test.ts` plays it with the real server.
import { expect, test } from 'vitest';
import { codeOfRejection } from '../../support/code-of.ts';
import { makeKeys } from '../../support/notary-simulator.ts';
import { owner, type Owner } from './change-support.ts';

/** The next publication arrives at the server with a member beside `signed` and `signatures` in the file of this role. */
function alter({ server }: Owner, role: string): void {
  const publish = server.publish.bind(server);
  server.publish = (gun, files) => {
    server.publish = publish;
    const arrived = [...files].map(([name, bytes]) => {
      const text = Buffer.from(bytes).toString();
      return [name, name === role ? Buffer.from(text.replace(/\}$/, ',"abc":"xyz"}')) : bytes] as const;
    });
    return publish(gun, new Map(arrived));
  };
}

test.each([
  ['targets', {}],
  ['snapshot', { snapshot: makeKeys(1) }],
])('PB-05, JS-11: what was added to %s is told, and passed over from then on', async (role, keys) => {
  const own = await owner({ keys });
  alter(own, role);
  expect(await codeOfRejection(own.sign(['1.0']))).toBe('NOT_PERSISTED');
  await own.sign(['2.0']);
  expect(await own.released()).toEqual(['1.0', '2.0']);
});
