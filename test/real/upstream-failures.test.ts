// A registry whose connections break and that is busy at times: clients of the proxy get whole blobs all the same.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Proxy } from '../support/real/clients.ts';
import { type FaultyLine, startFaultyLine } from '../support/real/faulty-line.ts';
import { buildImage, pushImage, randomBlob } from '../support/real/image.ts';
import { rawGet } from '../support/real/raw-http.ts';
import { describeReal } from '../support/real/requirement.ts';
import { useStage } from '../support/real/use-stage.ts';

const size = 8 * 1024 * 1024;

describeReal(['notary-server', 'docker-registry', 'openssl'], 'a registry at the end of a bad line', () => {
  const stage = useStage();
  const layer = randomBlob(size);
  const content = Buffer.concat([...layer.content()]);
  const path = `/v2/team/app/blobs/${layer.digest}`;
  let line: FaultyLine;
  let proxy: Proxy;

  beforeAll(async () => {
    await pushImage(stage.registry.url, 'team/app', buildImage({ layers: [layer] }), '1.0');
    line = await startFaultyLine(stage.registry.port);
    proxy = await (await stage.user()).startProxy(['--registry', line.host, '--no-cache']);
  });
  afterAll(async () => {
    await proxy.stop();
    await line.close();
  });

  let asked: number;
  beforeEach(() => {
    asked = stage.registry.accessLog().length;
  });
  /** What the registry answered about the blob since the test began. */
  const answers = (): readonly number[] =>
    stage.registry
      .accessLog()
      .slice(asked)
      .filter((entry) => entry.path === path)
      .map(({ status }) => status);

  it('BL-03 a connection that is reset in the middle of a blob is continued where it broke', async () => {
    line.cutAfter(size / 2);
    const response = await rawGet(proxy.host, path);
    expect(line.hasFailed()).toBe(true);
    expect(response).toMatchObject({ status: 200, complete: true });
    expect(response.body.equals(content)).toBe(true);
    expect(answers()).toContain(206);
  });

  it.each([
    ['that asks for a moment', 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n'],
    ['that has too many questions', 'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\n'],
  ])('a registry %s is asked again', async (_, head) => {
    line.answerNext(`${head}Content-Length: 0\r\nConnection: close\r\n\r\n`);
    const response = await rawGet(proxy.host, path);
    expect(line.hasFailed()).toBe(true);
    expect(response).toMatchObject({ status: 200, complete: true });
    expect(answers()).toEqual([200]);
  });

  it('a registry that wants to be left alone for an hour is, and the client is told at once', async () => {
    line.answerNext(
      'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    );
    const response = await rawGet(proxy.host, path);
    expect(response.status).toBeGreaterThanOrEqual(500);
    expect(answers()).toEqual([]);
  });
});
