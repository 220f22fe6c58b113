// Why bytes are not a private key that dct can use; the caller knows which file they came from.

/** The message completes the sentence "FILE cannot be read as a private key: ...". Never quotes content. */
export class KeyProblem extends Error {}
