// What settings are written for: a runtime, the proxy in front of it, and the registries that it stands for.

export interface SettingsRequest {
  /** Origin of the proxy: `http://HOST:PORT` or `https://HOST:PORT`. */
  readonly proxy: string;
  /** `HOST[:PORT]` each, as they stand in image names. */
  readonly registries: readonly string[];
  /** PEM of the authority that vouches for the proxy inside of tunnels. */
  readonly ca: string;
  /** Send every other registry to the proxy too, which refuses them. */
  readonly refuseOthers: boolean;
}

export interface SettingsFile {
  /** Absolute path on the machine of the runtime. */
  readonly path: string;
  readonly text: string;
  /** What to do once it is there. */
  readonly then: string;
}

/** Lines of a file, each comment line with its mark. */
export function commented(...lines: readonly string[]): string {
  return lines.map((line) => `# ${line}\n`).join('');
}

/** `HOST:PORT` of an origin. */
export function hostOf(proxy: string): string {
  return new URL(proxy).host;
}
