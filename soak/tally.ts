// The account of a soak: what clients saw against what the proxy wrote down and counted, request by request.
import { reasonIn, type Observation } from './observation.ts';

/** A line of the decision log, as far as it is looked at. */
export interface Line {
  readonly client: string;
  readonly method: string;
  readonly gun?: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly verdict: string;
  readonly reason?: string;
  readonly status?: number;
}

/** Reads the decision log. @throws on a line that is no JSON */
export function readLines(text: string): readonly Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** Compares both sides, for each client and each thing that it asked for; answers what does not fit. */
export function compare(
  host: string,
  observations: readonly Observation[],
  lines: readonly Line[],
): readonly string[] {
  const seen = groupBy(observations, ({ client, question: { method, repository, tag, digest } }) =>
    [client, method, `${host}/${repository}`, tag ?? digest].join(' '),
  );
  // What a tag is signed as stands there too, but nobody asked for that.
  const written = groupBy(lines, ({ client, method, gun, tag, digest }) =>
    [client, method, gun, tag ?? digest].join(' '),
  );
  return [...new Set([...seen.keys(), ...written.keys()])].flatMap((key) => {
    const [left, stayed] = split(seen.get(key) ?? [], (observation) => observation.left);
    const rest = (written.get(key) ?? []).map(lineText);
    const missing = stayed.map(observationText).filter((text) => {
      const at = rest.indexOf(text);
      if (at >= 0) rest.splice(at, 1);
      return at < 0;
    });
    // Of somebody who left nobody can know how far the proxy was; there is a line all the same.
    const fits = missing.length === 0 && rest.length === left.length;
    return fits
      ? []
      : [
          `${key}: clients saw [${missing.join('; ')}] and left ${left.length} times, the log has [${rest.join('; ')}]`,
        ];
  });
}

/** Verdict, reason and status, as far as the client can know them. */
function observationText(observation: Observation): string {
  const { complete, status = 0, question } = observation;
  if (!complete) return 'cut';
  if (status < 400 || status === 416) return `served ${status}`;
  const verdict = status >= 500 || status === 429 ? 'failed' : 'refused';
  return `${verdict} ${status} ${question.method === 'HEAD' ? '' : (reasonIn(observation) ?? 'for no reason')}`;
}

function lineText({ verdict, reason = '', status = 0, method }: Line): string {
  if (verdict === 'served') return `served ${status}`;
  if (verdict === 'refused' || verdict === 'failed')
    return `${verdict} ${status} ${method === 'HEAD' ? '' : reason}`;
  return verdict;
}

/** Compares the counters with the log; answers what does not fit. */
export function compareCounters(lines: readonly Line[], metrics: string): readonly string[] {
  const counted = new Map<string, number>();
  for (const [, labels = '', value] of metrics.matchAll(/^dct_proxy_requests_total\{(.*)\} (\d+)$/gmu)) {
    const kind = `${labelIn(labels, 'verdict')} ${labelIn(labels, 'reason')}`.trim();
    counted.set(kind, (counted.get(kind) ?? 0) + Number(value));
  }
  const logged = new Map<string, number>();
  for (const kind of lines.map(kindOf)) logged.set(kind, (logged.get(kind) ?? 0) + 1);
  return [...new Set([...counted.keys(), ...logged.keys()])].flatMap((kind) => {
    const [inMetrics, inLog] = [counted.get(kind) ?? 0, logged.get(kind) ?? 0];
    return inMetrics === inLog ? [] : [`${kind}: ${inMetrics} in the metrics, ${inLog} in the log`];
  });
}

/** `served`, `refused NOT_SIGNED` */
export function kindOf({ verdict, reason = '' }: Pick<Line, 'verdict' | 'reason'>): string {
  return `${verdict} ${reason}`.trim();
}

function labelIn(labels: string, name: string): string {
  return new RegExp(`${name}="([^"]*)"`, 'u').exec(labels)?.[1] ?? '';
}

function split<T>(list: readonly T[], isFirst: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [list.filter(isFirst), list.filter((item) => !isFirst(item))];
}

function groupBy<T>(list: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
