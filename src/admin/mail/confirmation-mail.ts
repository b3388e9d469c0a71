import { type Html, html } from '../../http/html.ts';

/** What somebody is told who was granted something. */
export interface Invitation {
  /** The address that was granted it, and that the mail goes to. */
  readonly email: string;
  /** By whom. */
  readonly wholesalerName: string;
  /** To the page with the button. */
  readonly link: URL;
}

/** A mail's content; nobody's language is known yet, so that it says everything twice. */
export interface MailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

interface Wording {
  readonly language: 'nb' | 'en';
  readonly greeting: string;
  readonly reason: string;
  readonly request: string;
  readonly button: string;
  readonly ending: string;
}

export function confirmationMail({ email, wholesalerName, link }: Invitation): MailContent {
  // A name is one line, whatever it is made of.
  const owner = wholesalerName.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  const wordings = [norwegian(email, owner), english(email, owner)];
  return {
    subject: 'Bekreft e-postadressen din / Confirm your email address',
    text: wordings.map((wording) => textOf(wording, link.href)).join(`\n${'-'.repeat(72)}\n\n`),
    html: htmlOf(wordings, link.href).toString(),
  };
}

function norwegian(email: string, owner: string): Wording {
  return {
    language: 'nb',
    greeting: 'Hei!',
    reason: `${owner} har gitt ${email} tilgang til data gjennom et API. Tilgangen gjelder fra du har bekreftet at adressen er din.`,
    request: 'Åpne siden og trykk på knappen der:',
    button: 'Bekreft adressen',
    ending:
      'Lenken virker i 72 timer. Kjenner du ikke til dette, trenger du ikke å gjøre noe: da får adressen ingen tilgang.',
  };
}

function english(email: string, owner: string): Wording {
  return {
    language: 'en',
    greeting: 'Hello!',
    reason: `${owner} has given ${email} access to data through an API. It counts from the moment you confirm that the address is yours.`,
    request: 'Open the page and press its button:',
    button: 'Confirm the address',
    ending:
      'The link works for 72 hours. If you know nothing of this, there is nothing to do: the address then gets no access.',
  };
}

function textOf({ greeting, reason, request, ending }: Wording, link: string): string {
  return `${greeting}\n\n${reason}\n\n${request}\n${link}\n\n${ending}\n`;
}

function htmlOf(wordings: readonly Wording[], link: string): Html {
  return html`<!DOCTYPE html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bekreft e-postadressen din / Confirm your email address</title>
</head>
<body style="margin:0;padding:24px;background:#f5f5f3;color:#1c1c1a;font:16px/1.5 sans-serif">
${wordings.map((wording) => sectionOf(wording, link))}
</body>
</html>
`;
}

function sectionOf({ language, greeting, reason, request, button, ending }: Wording, link: string): Html {
  return html`<div lang="${language}" style="max-width:560px;margin:0 auto 24px;padding:24px;background:#ffffff;border:1px solid #ddddd8">
<p>${greeting}</p>
<p>${reason}</p>
<p>${request}</p>
<p><a href="${link}" style="display:inline-block;padding:12px 20px;background:#14532d;color:#ffffff;text-decoration:none">${button}</a></p>
<p style="word-break:break-all"><a href="${link}" style="color:#14532d">${link}</a></p>
<p>${ending}</p>
</div>
`;
}
