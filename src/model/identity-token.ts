/** The request header in which the sidecar tells an upstream who asks; lower-cased. */
export const IDENTITY_HEADER = 'fullmakt-identity';

/** Who issues the token in it. */
export const IDENTITY_ISSUER = 'fullmakt';
