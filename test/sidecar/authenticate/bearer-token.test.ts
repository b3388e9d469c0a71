import { createHmac } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TokenIssuers } from '../../../src/sidecar/authenticate/token-issuers.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { KEYS, type RunningSidecar, readAnswer, runSidecar, sendRaw } from '../running-sidecar.ts';
import { AUDIENCE, ISSUER, type JwtIssuer, startIssuer } from './jwt-issuer.ts';

let issuer: JwtIssuer;
let sidecar: RunningSidecar;
beforeAll(async () => {
  issuer = await startIssuer();
  sidecar = await runSidecar(
    'policies',
    '',
    `
  - match: GET /vouched/items
    upstream: backend
    bearer: gateway
    apiProduct: my-products
    api: details-normal
    response: { items: '$[*]', attributes: { owner: '@.owner' } }
tokenIssuers:
  gateway: { issuer: "${ISSUER}", audience: ${AUDIENCE}, jwks: "${issuer.jwksUrl}", clockSkew: 10s }
`,
  );
});
afterAll(async () => {
  await sidecar.close();
  issuer.close();
});
afterEach(() => sidecar.forget());

const now = () => Math.floor(Date.now() / 1000);

async function send(
  authorization: readonly string[],
  target = '/vouched/items',
  more: readonly string[] = [],
) {
  const lines = [...authorization.map((value) => `Authorization: ${value}`), ...more, 'Connection: close'];
  const head = [`GET ${target} HTTP/1.1`, 'Host: api.example', ...lines].join('\r\n');
  return readAnswer(await sendRaw(sidecar.port, `${head}\r\n\r\n`));
}

function challengeOf(head: string): string | undefined {
  return /^www-authenticate: (.*?)\r?$/im.exec(head)?.[1];
}

describe('a token of the issuer is its user’s way in:', () => {
  it.each([
    ['the owner sees its items', {}, '[{"owner":"10001"}]'],
    ['its address in any case', { email: 'API@Wholesaler.NO' }, '[{"owner":"10001"}]'],
    ['another user sees its own, which is nothing', { email: 'api@stranger.no' }, '[]'],
    ['for several audiences', { aud: ['others', AUDIENCE] }, '[{"owner":"10001"}]'],
    ['one that has just expired by a clock beside ours', { exp: now() - 5 }, '[{"owner":"10001"}]'],
    ['an address said to be verified', { email_verified: true }, '[{"owner":"10001"}]'],
    ['the same said as a text', { email_verified: 'true' }, '[{"owner":"10001"}]'],
  ])('%s', async (_, claims, body) => {
    sidecar.answerWith((_, response) => {
      response.setHeader('Content-Type', 'application/json').end('[{"owner":"10001"},{"owner":"10002"}]');
    });
    const answer = await send([`Bearer ${await issuer.sign(claims)}`]);
    expect([answer.status, answer.body.replace(/^[0-9a-f]+\r\n|\r\n[^]*$/g, '')]).toEqual([200, body]);
  });

  it('the scheme may be written in any case', async () => {
    expect((await send([`bearer ${await issuer.sign()}`])).status).toBe(200);
  });

  it('a subscription key beside it counts for nothing, and stays behind', async () => {
    const token = await issuer.sign({ email: 'api@stranger.no' });
    const key = `Ocp-Apim-Subscription-Key: ${KEYS.owner}`;
    const answer = await send([`Bearer ${token}`], `/vouched/items?subscription-key=${KEYS.owner}`, [key]);
    expect(answer.status).toBe(200);
    expect(sidecar.upstreamRequests).toEqual(['GET /vouched/items']);
  });

  it('the log names the user, and holds nothing of the token or the address', async () => {
    const token = await issuer.sign();
    await send([`Bearer ${token}`]);
    await expect.poll(() => sidecar.lines.join('')).toContain('"subscriptionId":"bearer"');
    expect(sidecar.lines.join('')).toMatch(/"userId":"[^"]+"/);
    expect(sidecar.lines.join('')).not.toMatch(/eyJ|wholesaler\.no/);
  });
});

/** Tokens that the issuer did not sign, by how they are made. */
const forgeries: Readonly<Record<string, () => Promise<string>>> = {
  'without a signature': async () => {
    const [, payload] = (await issuer.sign()).split('.');
    return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  },
  'signed with its public key as if it were a secret': async () => {
    const [, payload] = (await issuer.sign()).split('.');
    const signed = `${Buffer.from('{"alg":"HS256","kid":"key-1"}').toString('base64url')}.${payload}`;
    return `${signed}.${createHmac('sha256', issuer.keySet()).update(signed).digest('base64url')}`;
  },
  'of another issuer that gives its key the same name': async () => {
    const other = await startIssuer();
    other.close();
    return other.sign();
  },
  'with a payload that was changed': async () => {
    const [head, , signature] = (await issuer.sign()).split('.');
    const [, payload] = (await issuer.sign({ email: 'api@stranger.no' })).split('.');
    return `${head}.${payload}.${signature}`;
  },
  'that brings its own key along': async () => {
    const other = await startIssuer();
    other.close();
    const [, payload] = (await other.sign()).split('.');
    const jwk = JSON.parse(other.keySet()).keys[0];
    return `${Buffer.from(JSON.stringify({ alg: 'ES256', jwk })).toString('base64url')}.${payload}.AAAA`;
  },
  'that is none': async () => 'hello',
  'that is none, in three parts': async () => 'a.b.c',
};

describe('a token is refused, and nothing reaches the upstream:', () => {
  it.each(Object.entries(forgeries))('one %s', async (_, forge) => {
    const answer = await send([`Bearer ${await forge()}`]);
    expect([answer.status, answer.code]).toEqual([401, 'token_invalid']);
    expect(challengeOf(answer.head)).toBe(
      'Bearer realm="api", error="invalid_token", error_description="The bearer token is not valid here."',
    );
    expect(sidecar.upstreamRequests).toEqual([]);
  });

  it.each([
    ['for another audience', { aud: 'others' }, 'is not valid here', /aud/],
    ['of another issuer', { iss: 'https://evil.example' }, 'is not valid here', /iss/],
    ['without an issuer', { iss: undefined }, 'is not valid here', /iss/],
    ['without an end', { exp: undefined }, 'is not valid here', /exp/],
    ['that has expired', { exp: now() - 60 }, 'has expired', /EXPIRED/],
    ['that is not good yet', { nbf: now() + 60 }, 'is not valid here', /nbf/],
    ['that names nobody', { email: undefined }, 'names no user', /email/],
    ['that names no address', { email: 'wholesaler' }, 'names no user', /email/],
    ['that names several', { email: ['api@wholesaler.no'] }, 'names no user', /email/],
    ['whose address is not verified', { email_verified: false }, 'names no user', /email/],
    ['whose address is not verified, as a text', { email_verified: 'false' }, 'names no user', /email/],
    ['of an unknown user', { email: 'api@nobody.no' }, 'names no user', /nobody/],
    [
      'of a user who has not confirmed the address',
      { email: 'api@unconfirmed.no' },
      'names no user',
      /confirmed/,
    ],
  ])('one %s', async (_, claims, words, reason) => {
    const answer = await send([`Bearer ${await issuer.sign(claims)}`]);
    expect([answer.status, answer.code]).toEqual([401, 'token_invalid']);
    expect(JSON.parse(answer.body).detail).toBe(`The bearer token ${words}.`);
    expect(sidecar.upstreamRequests).toEqual([]);
    expect(JSON.parse(sidecar.lines[0] ?? '').reason).toMatch(reason);
  });

  it('two of them', async () => {
    const token = await issuer.sign();
    expect(await send([`Bearer ${token}`, `Bearer ${token}`])).toMatchObject({ code: 'request_malformed' });
  });
});

it.each([
  ['no token', [], []],
  ['another scheme', ['Basic YTpi'], []],
  ['a subscription key alone', [], [`Ocp-Apim-Subscription-Key: ${KEYS.owner}`]],
])('%s on a route for tokens is told what is missing', async (_, authorization, more) => {
  const answer = await send(authorization, '/vouched/items', more);
  expect([answer.status, answer.code, challengeOf(answer.head)]).toEqual([
    401,
    'token_missing',
    'Bearer realm="api"',
  ]);
});

it('a token on a route for keys is no key', async () => {
  expect(await send([`Bearer ${await issuer.sign()}`], '/details')).toMatchObject({ code: 'key_missing' });
});

it('a token of a symmetric key that the issuer publishes by mistake is refused', async () => {
  const other = await startIssuer();
  const secret = Buffer.alloc(32, 7);
  other.publishBy((_, response) => {
    response.end(JSON.stringify({ keys: [{ kty: 'oct', kid: 's', k: secret.toString('base64url') }] }));
  });
  const trusted = {
    name: 'x',
    issuer: ISSUER,
    audience: AUDIENCE,
    jwks: new URL(other.jwksUrl),
    clockSkew: 0,
  };
  const issuers = new TokenIssuers([trusted], createLog({ stream: { write: () => {} } }));
  const token = await new SignJWT({ email: 'api@wholesaler.no' })
    .setProtectedHeader({ alg: 'HS256', kid: 's' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setExpirationTime('1h')
    .sign(secret);
  expect(await issuers.verify(trusted, token)).toMatchObject({ fault: 'invalid' });
  expect(other.fetches()).toBe(0);
  other.close();
});
