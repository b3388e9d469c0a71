import { describe, expect, it } from 'vitest';
import {
  REFUSALS,
  type Refusal,
  type RefusalCode,
  refuse,
  refuseAsUpstream,
} from '../../src/sidecar/refusals.ts';
import { renderRawRefusal, renderRefusal } from '../../src/sidecar/render-refusal.ts';

const codes = Object.keys(REFUSALS).filter((code): code is RefusalCode => code in REFUSALS);
const refusalOf = (code: RefusalCode): Refusal =>
  code === 'upstream_error' ? refuseAsUpstream(418) : refuse(code, 'Because.', { 'X-Extra': 'yes' });

describe.each(codes)('%s', (code) => {
  const refusal = refusalOf(code);

  it('is a problem document with its code and the decision’s id', () => {
    const { status, headers, body } = renderRefusal(refusal, 'id-1', 'problem');
    expect(status).toBe(REFUSALS[code].status ?? 418);
    expect(JSON.parse(body.toString())).toEqual({
      type: 'about:blank',
      title: REFUSALS[code].title,
      status,
      detail: refusal.detail,
      code,
      decisionId: 'id-1',
    });
    expect(headers).toEqual({
      'Content-Type': 'application/problem+json',
      'Content-Length': String(body.length),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...refusal.headers,
    });
  });

  it('is what API Management’s clients parse, if so configured', () => {
    const { status, headers, body } = renderRefusal(refusal, 'id-1', 'apim');
    expect(JSON.parse(body.toString())).toEqual({ statusCode: status, message: refusal.detail });
    expect(headers['Content-Type']).toBe('application/json');
  });
});

it('on a bare connection it is a whole HTTP/1.1 answer that says that the connection closes', () => {
  const raw = renderRawRefusal(refuse('request_malformed', 'Because.'), 'id-1', 'problem').toString();
  const [head = '', body = ''] = raw.split('\r\n\r\n');
  const [line, ...headers] = head.split('\r\n');
  expect(line).toBe('HTTP/1.1 400 Bad Request');
  expect(headers).toContain('Connection: close');
  expect(headers).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
  expect(headers.find((header) => header.startsWith('Date: '))).toMatch(/GMT$/);
  expect(JSON.parse(body)).toMatchObject({ code: 'request_malformed', decisionId: 'id-1' });
});

it('lengths are counted in bytes, not in characters', () => {
  const { headers, body } = renderRefusal(refuse('denied', 'Sønd’g'), 'id-1', 'problem');
  expect(headers['Content-Length']).toBe(String(Buffer.byteLength(body.toString())));
  expect(body.length).toBeGreaterThan(body.toString().length);
});
