// Every bound on what the network may send or make us do, in one table.

const KiB = 1024;
const MiB = 1024 * KiB;

export const limits = {
  /** Trust metadata, in bytes (Notary's own caps: 1 MiB and 100 MiB; ours are what real repositories need). */
  timestampBytes: 1 * MiB,
  rootBytes: 4 * MiB,
  snapshotBytes: 16 * MiB,
  targetsBytes: 64 * MiB,
  /** All metadata of one update together (DG-12). */
  updateBytes: 96 * MiB,
  serverKeyBytes: 256 * KiB,
  errorBodyBytes: 64 * KiB,
  /** JSON (JS-04), and as many values as 64 MiB of Docker's shortest entries have: four in some ninety bytes each (JS-14). */
  jsonDepth: 64,
  jsonValues: 3_000_000,
  /** Counts inside metadata (ED-12). */
  delegations: 1024,
  delegationDepth: 32,
  keys: 4096,
  signatures: 64,
  certificatesPerKey: 16,
  rsaModulusBits: 8192,
  /** Signatures of authorities that are looked at to find a way to a pinned one (RT-12). */
  chainSignatureChecks: 100,
  /** Root versions that one update may walk through (RT-21). */
  rootSteps: 256,
  /** Registry (MF-09, BL-12). */
  manifestBytes: 4 * MiB,
  blobBytes: 64 * 1024 * MiB,
  tagPageBytes: 4 * MiB,
  tagPages: 1000,
  tags: 1_000_000,
  /** What refers to one manifest: bytes of all pages together, so that one index can say it, pages, and entries (MF-14). */
  referrersBytes: 4 * MiB,
  referrerPages: 100,
  referrers: 10_000,
  redirects: 5,
  /** Servers that connections are kept open to; a registry may send us to a new one with every answer. */
  origins: 256,
  /** Requests for one answer while the network fails, and the waiting in between, in milliseconds. */
  requestAttempts: 4,
  firstPauseMs: 100,
  longestPauseMs: 5_000,
  /** Continuations of one blob after breaks, and what has to come in between for them to be forgotten (BL-07). */
  blobResumes: 5,
  blobResumeBytes: 64 * MiB,
  /** The least that a registry has to send of a blob while we wait for it: so many bytes in so many milliseconds (BL-07). */
  blobPaceBytes: 256 * KiB,
  blobPaceMs: 60_000,
  /** Authentication (ED-11, AU-03, AU-13). */
  tokenBodyBytes: 64 * KiB,
  tokens: 4096,
  /** What registries said about callers with accounts of their own, and how long it holds, in milliseconds (CA-08). */
  admissions: 4096,
  admissionMs: 30_000,
  challengeHeaderBytes: 16 * KiB,
  credentialHelperBytes: 64 * KiB,
  credentialHelperMs: 30_000,
  dockerConfigBytes: 4 * MiB,
  /** Response heads (ED-06). */
  headerBytes: 64 * KiB,
  /** Deadlines, in milliseconds. */
  connectMs: 5_000,
  headMs: 10_000,
  metadataBodyMs: 30_000,
  blobIdleMs: 30_000,
  /** The proxy as a server: what one client may send, hold open and make us remember (PX-01, PX-03, PX-07, PX-18). */
  requestHeadBytes: 16 * KiB,
  requestTargetBytes: 4 * KiB,
  requestHeadMs: 10_000,
  requestMs: 30_000,
  clientIdleMs: 120_000,
  /** From CONNECT to the end of the TLS handshake inside, or to a connection with the host that it names (PX-07). */
  tunnelOpeningMs: 10_000,
  keepAliveMs: 75_000,
  clientConnections: 4096,
  clientConnectionsEach: 512,
  /** A client's connection, a registry's and a file, and as much again for everything else that the process has open. */
  descriptorsPerConnection: 4,
  clientRequests: 1024,
  clientRequestsEach: 256,
  /** The least that a client has to take while an answer waits for it: bytes in a second, after a grace (PX-08). */
  clientPaceBytes: 16 * KiB,
  clientGraceMs: 20_000,
  clientHandshakeMs: 10_000,
  adminConnections: 32,
  /** Lines of the decision log that wait for the disk. */
  decisionBacklogBytes: 16 * MiB,
  /** How often certificates and lists of users are looked at. */
  filesCheckMs: 10_000,
  /** Passwords: N*r*p of one scrypt, checks at the same time, of all clients and of one, and outcomes that are remembered. */
  passwordWork: 2 ** 21,
  passwordChecks: 8,
  passwordChecksEach: 2,
  passwordsRemembered: 4096,
  pipelinedRequests: 16,
  tagsPerPage: 10_000,
  refusedRepositories: 1024,
  /** As files; read and indexed, they take up to sixteen times as much. */
  trustedMetadataBytes: 32 * MiB,
  /** The proxy's cache: repositories remembered for one blob, pairs of both in memory, and manifests in memory (CA-08). */
  repositoriesOfBlob: 256,
  rememberedLinks: 65_536,
  manifestMemoryBytes: 16 * MiB,
  /** How long a transfer from a registry waits for its fastest client before it runs ahead into the cache (PX-08). */
  flightPatienceMs: 1_000,
  /** A policy file (PO-02). */
  policyBytes: 1 * MiB,
  policyRules: 4096,
  /** Strict mode: references between manifests and their content that are remembered, and manifests read at once for it. */
  reachableReferences: 250_000,
  reachableReadsAtOnce: 8,
  /** The sandbox's registry: uploads that wait for their end, and all content while it is kept in memory (BL-12). */
  sandboxUploads: 256,
  /** An order to attack, and what was done. */
  sandboxOrderBytes: 16 * KiB,
  sandboxMemoryBytes: 4096 * MiB,
  /** The sandbox's trust server: one publication, and an explanation that Notary's clients still read (dialect 7.4). */
  publicationBytes: 96 * MiB,
  publicationParts: 1024,
  /** As many as the databases of Notary servers hold (dialect 1.2). */
  gunCharacters: 255,
  refusalBytes: 1 * KiB,
  /** Private key files. */
  keyFileBytes: 1 * MiB,
  /** Bundles of them, as exports and backups are. */
  keyBundleBytes: 16 * MiB,
  /** A passphrase from a file or descriptor (KS-09). */
  passphraseBytes: 64 * KiB,
  /** Work and memory that an encrypted key may ask for (KS-03). */
  pbkdf2Iterations: 10_000_000,
  pbkdf2SaltBytes: 1 * KiB,
  /** Files of ours on disk, none of which is larger than the largest metadata. */
  stateFileBytes: 64 * MiB,
  /** Waiting for another process that holds a lock, in milliseconds. */
  lockWaitMs: 10_000,
  /** A file with signatures of several people. */
  bundleBytes: 32 * MiB,
  /** Updates of trust data again after another process on this machine was faster. */
  updateAttempts: 8,
  /** Repositories that one command works on at the same time. */
  repositoriesAtOnce: 4,
  /** Publishing again after somebody else published first: of those who publish at once, one gets through each time. */
  publishAttempts: 32,
  /** Waiting for others on this machine who publish to the same repository, in milliseconds. */
  publishWaitMs: 180_000,
} as const;

export type LimitName = keyof typeof limits;
