import { expect, test } from 'vitest';
import { confirmationMail } from '../../../src/admin/mail/confirmation-mail.ts';

const LINK = new URL(`https://admin.test/confirm/${'T'.repeat(43)}`);

function mailFrom(wholesalerName: string) {
  return confirmationMail({ email: "o'neil@partner.no", wholesalerName, link: LINK });
}

test('a mail says in Norwegian and English who gave what to whom, and what to do', () => {
  const { text, html } = mailFrom('Wholesaler AS');
  for (const words of ['Wholesaler AS har gitt', 'Wholesaler AS has given', '72 timer', '72 hours']) {
    expect(text).toContain(words);
    expect(html).toContain(words);
  }
  expect(text.split(LINK.href)).toHaveLength(3);
  expect(html).toContain(`<a href="${LINK.href}"`);
  expect(text).toContain("o'neil@partner.no");
  expect(html).toContain('o&#39;neil@partner.no');
  expect(html).toMatch(/lang="nb"[^]*lang="en"/);
});

test('a wholesaler’s name is text, whatever is in it', () => {
  const { text, html } = mailFrom('A & B\r\n\r\n<img src=x> "AS"\u0007');
  expect(text).toContain('A & B <img src=x> "AS" har gitt');
  expect(html).toContain('A &amp; B &lt;img src=x&gt; &quot;AS&quot; har gitt');
});

test('the HTML fetches nothing from anywhere', () => {
  expect(mailFrom('Wholesaler AS').html).not.toMatch(/<img|<script|<link|url\(/);
});
