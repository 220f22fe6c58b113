// A server that wants another client certificate, or any: told apart from a connection that just breaks.
import { expect, it } from 'vitest';
import { transportFailure } from '../../src/http/failure.ts';

const origin = 'https://notary.test';
const coded = (code: string, cause?: unknown): Error => Object.assign(new Error(code, { cause }), { code });

it.each([
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'CLIENT_CERTIFICATE'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'CLIENT_CERTIFICATE'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'CLIENT_CERTIFICATE'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'CLIENT_CERTIFICATE'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'TLS'],
  ['ECONNRESET', 'CUT_OFF'],
])('%s after the handshake: %s', (alert, code) => {
  const end = coded('UND_ERR_SOCKET', coded(alert));
  expect(transportFailure(end, origin, 'head')).toMatchObject({ code, family: 'transport' });
});

it('an end without any alert is a broken connection', () => {
  expect(transportFailure(coded('UND_ERR_SOCKET'), origin, 'head')).toMatchObject({ code: 'CUT_OFF' });
});
