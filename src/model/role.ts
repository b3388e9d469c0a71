/** A role allows one HTTP verb on one API. HEAD counts as GET. */
export interface Role {
  readonly roleId: string;
  readonly api: string;
  readonly httpVerb: string;
  readonly description: string;
}
