import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { OperatorToken } from '../../config/config.ts';
import type { Authentication } from '../api.ts';
import { type AdminProblem, problem } from '../problems.ts';

/** Somebody who runs Fullmakt, calling. */
export interface Operator {
  readonly name: string;
}

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

/** Lets in operators, by a token of which the configuration has the hash: compared in constant time. */
export function operatorAuthentication(tokens: readonly OperatorToken[]): Authentication<Operator> {
  const known = tokens.map(({ name, sha256 }) => ({ name, hash: Buffer.from(sha256, 'hex') }));
  return {
    schemes: { operatorToken: { type: 'http', scheme: 'bearer' } },
    queryParameters: [],
    problems: ['token_missing', 'token_invalid'],
    identify: async ({ headersDistinct }: IncomingMessage) => {
      const [written, ...others] = headersDistinct['authorization'] ?? [];
      if (written === undefined) {
        return unauthorized('token_missing', 'Send an operator’s token: Authorization: Bearer …', '');
      }
      const token = others.length === 0 ? BEARER.exec(written)?.[1] : undefined;
      const hash = createHash('sha256')
        .update(token ?? '')
        .digest();
      const operator = known.find((each) => timingSafeEqual(each.hash, hash));
      return token === undefined || operator === undefined
        ? unauthorized('token_invalid', 'This is no operator’s token.', ', error="invalid_token"')
        : { name: operator.name };
    },
  };
}

/** @param more of the challenge (RFC 6750, section 3) */
function unauthorized(code: 'token_missing' | 'token_invalid', detail: string, more: string): AdminProblem {
  return problem(code, detail, { headers: { 'WWW-Authenticate': `Bearer realm="manage"${more}` } });
}
