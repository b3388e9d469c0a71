import { createHash } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import type { Origin } from '../../grants/actor.ts';
import { confirmAddress, type LinkState, readLink } from '../../grants/confirmation.ts';
import { type Html, html } from '../../http/html.ts';
import { type Store, StoreError } from '../../store/store.ts';

/** Holds nothing that would be escaped, so that its hash is that of what is sent. */
const STYLE = `body{margin:0;padding:2rem 1rem;background:#f5f5f3;color:#1c1c1a;font:1rem/1.5 system-ui,sans-serif}
main{max-width:32rem;margin:0 auto;padding:1.5rem;background:#fff;border:1px solid #ddddd8}
button{padding:.75rem 1.25rem;border:0;background:#14532d;color:#fff;font:inherit;cursor:pointer}
button:focus-visible{outline:3px solid #86efac;outline-offset:2px}
`;

const HEADERS = {
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'Cache-Control': 'no-store',
  // The address of the page is all that it takes to confirm: no other page is to learn it.
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex',
  Vary: 'Accept-Language',
};

interface Wording {
  readonly title: string;
  readonly question: (email: Html) => Html;
  readonly button: string;
  readonly done: (email: Html) => Html;
  readonly void: string;
  readonly unavailable: string;
}

const WORDINGS: Readonly<Record<'nb' | 'en', Wording>> = {
  nb: {
    title: 'Bekreft e-postadressen',
    question: (email) => html`Er ${email} adressen din? Trykk på knappen for å bekrefte det.`,
    button: 'Bekreft adressen',
    done: (email) => html`Takk! ${email} er bekreftet. Du kan lukke siden.`,
    void: 'Lenken virker ikke. Den kan være for gammel, eller en nyere e-post har tatt over for den. Be den som ga deg tilgang, om å sende en ny.',
    unavailable: 'Adressen kan ikke bekreftes akkurat nå. Prøv igjen om litt.',
  },
  en: {
    title: 'Confirm the email address',
    question: (email) => html`Is ${email} your address? Press the button to confirm it.`,
    button: 'Confirm the address',
    done: (email) => html`Thank you! ${email} is confirmed. You may close this page.`,
    void: 'The link does not work. It may be too old, or a newer mail has taken its place. Ask whoever gave you access to send another.',
    unavailable: 'The address cannot be confirmed just now. Try again in a moment.',
  },
};

/**
 * The page that a confirmation mail's link leads to. To open it changes nothing, since mail scanners do: only its
 * button confirms.
 *
 * @param recorded called with the audit event of each confirmation
 */
export function confirmPages(store: Store, recorded?: NonNullable<Origin['recorded']>): Router {
  return Router()
    .get(
      '/confirm/:token',
      pageOf((token) => readLink(store, token)),
    )
    .post(
      '/confirm/:token',
      pageOf((token) => confirmAddress(store, token, recorded)),
    );
}

type Page = LinkState | { readonly state: 'unavailable' };

function pageOf(read: (token: string) => Promise<LinkState>) {
  return async (request: Request, response: Response): Promise<void> => {
    const { token } = request.params;
    send(request, response, await readOr(() => read(typeof token === 'string' ? token : '')));
  };
}

async function readOr(read: () => Promise<LinkState>): Promise<Page> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof StoreError && error.code === 'unreachable') return { state: 'unavailable' };
    throw error;
  }
}

const STATUSES = { open: 200, confirmed: 200, void: 404, unavailable: 503 } as const;

function send(request: Request, response: Response, link: Page): void {
  const accepted = request.acceptsLanguages('nb', 'no', 'nn', 'en');
  const language = accepted === 'en' || accepted === false ? 'en' : 'nb';
  const wording = WORDINGS[language];
  const page = html`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${wording.title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${wording.title}</h1>
${contentOf(link, wording)}
</main>
</body>
</html>
`;
  response.status(STATUSES[link.state]).set(HEADERS).type('html').send(page.toString());
}

function contentOf(link: Page, wording: Wording): Html {
  if (link.state === 'void' || link.state === 'unavailable') return html`<p>${wording[link.state]}</p>`;
  const email = html`<strong>${link.email}</strong>`;
  if (link.state === 'confirmed') return html`<p>${wording.done(email)}</p>`;
  return html`<p>${wording.question(email)}</p>
<form method="post"><button type="submit">${wording.button}</button></form>`;
}
