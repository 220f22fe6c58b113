// Meters and their text: bounded in number whatever is given, and readable for Prometheus.
import { describe, expect, it } from 'vitest';
import { MeterRegistry } from '../../../src/proxy/operations/meter-registry.ts';

const linesOf = (meters: MeterRegistry): string[] => meters.render().trimEnd().split('\n');

describe('counters', () => {
  it('are told with help and type, from zero', () => {
    const meters = new MeterRegistry();
    const counter = meters.counter({ name: 'retries_total', help: 'Retries.' });
    const head = ['# HELP dct_proxy_retries_total Retries.', '# TYPE dct_proxy_retries_total counter'];
    expect(linesOf(meters)).toEqual([...head, 'dct_proxy_retries_total 0']);
    counter.add({});
    counter.add({}, 4);
    expect(linesOf(meters)).toEqual([...head, 'dct_proxy_retries_total 5']);
  });

  it('have one series for each declared value', () => {
    const meters = new MeterRegistry();
    const counter = meters.counter({ name: 'a_total', help: 'A.', labels: { cache: ['hit', 'miss'] } });
    counter.add({ cache: 'hit' });
    expect(linesOf(meters).slice(2)).toEqual([
      'dct_proxy_a_total{cache="hit"} 1',
      'dct_proxy_a_total{cache="miss"} 0',
    ]);
  });

  it('EX-02: count what was not declared as other, however many values there are', () => {
    const meters = new MeterRegistry();
    const counter = meters.counter({ name: 'a_total', help: 'A.', labels: { upstream: ['one'] } });
    for (let i = 0; i < 1000; i++) counter.add({ upstream: `chosen-by-a-client-${i}"\n` });
    expect(linesOf(meters).slice(2)).toEqual([
      'dct_proxy_a_total{upstream="one"} 0',
      'dct_proxy_a_total{upstream="other"} 1000',
    ]);
  });

  it('show series of a large table only when there is something to count', () => {
    const meters = new MeterRegistry();
    const many = Array.from({ length: 50 }, (_, i) => `r${i}`);
    const counter = meters.counter({ name: 'a_total', help: 'A.', labels: { reason: many } });
    counter.add({ reason: 'r7' });
    expect(linesOf(meters).slice(2)).toEqual(['dct_proxy_a_total{reason="r7"} 1']);
  });
});

describe('gauges', () => {
  it('are read when somebody looks, for each combination of labels', () => {
    const meters = new MeterRegistry();
    let size = 1;
    meters.gauge({ name: 'cache_bytes', help: 'C.' }, () => size);
    meters.gauge({ name: 'up', help: 'U.', labels: { upstream: ['a', 'b'] } }, ({ upstream }) =>
      upstream === 'a' ? 0 : undefined,
    );
    size = 7;
    const samples = linesOf(meters).filter((line) => !line.startsWith('#'));
    expect(samples).toEqual(['dct_proxy_cache_bytes 7', 'dct_proxy_up{upstream="a"} 0']);
  });
});

describe('histograms', () => {
  it('add up: a bound is part of its bucket, and the last one has everything', () => {
    const meters = new MeterRegistry();
    const histogram = meters.histogram({ name: 'seconds', help: 'S.', buckets: [0.1, 1] });
    for (const value of [0.1, 0.5, 20]) histogram.observe({}, value);
    expect(linesOf(meters).slice(1)).toEqual([
      '# TYPE dct_proxy_seconds histogram',
      'dct_proxy_seconds_bucket{le="0.1"} 1',
      'dct_proxy_seconds_bucket{le="1"} 2',
      'dct_proxy_seconds_bucket{le="+Inf"} 3',
      'dct_proxy_seconds_sum 20.6',
      'dct_proxy_seconds_count 3',
    ]);
  });
});

describe('registration', () => {
  it('escapes what would break a line', () => {
    const meters = new MeterRegistry();
    meters.gauge({ name: 'a', help: 'two\nlines \\', labels: { v: ['"x"\n'] } }, () => 1);
    expect(linesOf(meters)).toEqual([
      '# HELP dct_proxy_a two\\nlines \\\\',
      '# TYPE dct_proxy_a gauge',
      'dct_proxy_a{v="\\"x\\"\\n"} 1',
    ]);
  });

  it.each(['a', 'Bytes', 'cache-bytes', ''])('of a name that is taken or none is a bug (%j)', (name) => {
    const meters = new MeterRegistry();
    meters.gauge({ name: 'a', help: 'A.' }, () => 1);
    expect(() => meters.counter({ name, help: 'B.' })).toThrow(expect.objectContaining({ code: 'BUG' }));
  });
});
