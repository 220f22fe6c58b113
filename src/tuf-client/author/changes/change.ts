// All changes, by kind: what each proposes, and the documents and the plan that a proposal comes to.
import type { RoleName } from '../../model/index.ts';
import type { Bench } from '../bench.ts';
import type { ChangePlan } from '../change-plan.ts';
import { contentOf } from '../content.ts';
import { differences, lostTags } from '../difference.ts';
import { draftDocuments } from '../draft-documents.ts';
import type { NewKeys } from '../new-keys.ts';
import type { Draft } from '../publication.ts';
import {
  addDelegation,
  purgeKeys,
  removeDelegation,
  type DelegationRemoval,
  type NewDelegation,
} from './delegations.ts';
import type { Desk, Proposal } from './proposal.ts';
import { revoke, type Revocation } from './revoke.ts';
import { rotateKey, type Rotation } from './rotate.ts';
import { addSigner, removeSigner, type NewSigner, type SignerRemoval } from './signers.ts';
import { witness } from './witness.ts';

export type Change =
  | ({ readonly kind: 'add-signer' } & NewSigner)
  | ({ readonly kind: 'remove-signer' } & SignerRemoval)
  | ({ readonly kind: 'add-delegation' } & NewDelegation)
  | ({ readonly kind: 'remove-delegation' } & DelegationRemoval)
  | { readonly kind: 'purge-keys'; readonly keys: readonly string[] }
  | { readonly kind: 'witness'; readonly roles: readonly RoleName[] }
  | ({ readonly kind: 'revoke' } & Revocation)
  | ({ readonly kind: 'rotate-key' } & Rotation);

/** The content after a change, worked out from what is published now. @throws USAGE, and what each change throws */
export function proposeChange(desk: Desk, change: Change): Proposal | Promise<Proposal> {
  switch (change.kind) {
    case 'add-signer':
      return addSigner(desk, change);
    case 'remove-signer':
      return removeSigner(desk, change);
    case 'add-delegation':
      return addDelegation(desk, change);
    case 'remove-delegation':
      return removeDelegation(desk, change);
    case 'purge-keys':
      return purgeKeys(desk, change.keys);
    case 'witness':
      return witness(desk, change.roles);
    case 'revoke':
      return revoke(desk, change);
    case 'rotate-key':
      return rotateKey(desk, change);
  }
}

/** Signs what has to be signed for a proposal, and says what that changes. @throws what `draftDocuments` throws */
export async function draftChange(
  bench: Bench,
  newKeys: NewKeys,
  proposal: Proposal,
): Promise<Draft<ChangePlan>> {
  const { gun, repository } = bench;
  const { content, remarks = [], signAs } = proposal;
  const { documents, planned } = await draftDocuments(bench, content, signAs);
  const before = contentOf(repository);
  const plan: ChangePlan = {
    gun,
    initialises: false,
    newKeys: newKeys.made(),
    documents: planned,
    differences: differences(before, content),
    lostTags: lostTags(before, content),
    remarks,
  };
  return { plan, documents };
}
