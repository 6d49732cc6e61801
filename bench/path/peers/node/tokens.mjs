// Whose a request or a socket is: the same signed tokens (HS256) as the platform's.
import { createHmac, timingSafeEqual } from 'node:crypto';

import { tokenKey } from './settings.mjs';

const AUDIENCE = 'photo-platform';
const decoded = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

/** The user of a token; `undefined` where it is none of ours or its time is over. */
export function userOf(token) {
  const [header, claims, signature] = String(token).split('.');
  if (!signature) {
    return undefined;
  }
  const expected = createHmac('sha256', tokenKey).update(`${header}.${claims}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected) || decoded(header).alg !== 'HS256') {
    return undefined;
  }
  const { sub, aud, exp } = decoded(claims);
  return aud === AUDIENCE && exp > Date.now() / 1000 ? sub : undefined;
}
