import type { AnswerForm, ConformanceCase, Expectation } from './case.ts';

const FORMS: Readonly<Record<Extract<AnswerForm, string>, string>> = {
  own: 'the caller’s own item',
  nothing: 'an empty list',
  refused: 'a refusal',
  cut: 'no whole answer',
};

const ALIKE: Readonly<Record<NonNullable<ConformanceCase['alike']>, string>> = {
  answers: 'both answers alike',
  heads: 'both heads alike',
  forwarded: 'both forwarded alike',
};

/** What should come of a case, in a line. */
export function describeExpectation({ steps, alike }: ConformanceCase): string {
  const phrases = steps.map(({ expect }) => describeStep(expect)).filter((phrase) => phrase !== '');
  const told = [...new Set(phrases)].join('; then ');
  return alike === undefined ? told : `${told}; ${ALIKE[alike]}`;
}

function describeStep(expected: Expectation): string {
  const { answer, lacks, lacksText, unstorable, answers, reaches, forwarded } = expected;
  const parts = [answer.map(describeForm).join(' or ')];
  if (lacks.length + lacksText.length > 0) parts.push(`without ${[...lacks, ...lacksText].join(', ')}`);
  if (unstorable) parts.push('not for caches');
  if (answers !== undefined) parts.push(answers === 1 ? 'once' : `${answers} times`);
  if (reaches === 0) parts.push('upstream not reached');
  if (reaches !== undefined && reaches > 0) parts.push('forwarded once at most');
  if (forwarded !== undefined) {
    const { target, body, lacks: fields, lacksText: texts } = forwarded;
    if (target !== undefined) parts.push(`forwarded as ${target}`);
    if (body !== undefined) parts.push('forwarded as it is');
    if (fields.length + texts.length > 0) parts.push(`forwarded without ${[...fields, ...texts].join(', ')}`);
  }
  return parts.join(', ').replaceAll(/[^ -~’]/g, '·');
}

function describeForm(form: AnswerForm): string {
  if (typeof form === 'string') return FORMS[form];
  const { status, json, body, contains, has } = form;
  const holding = [...(json === undefined ? [] : [json]), ...contains, ...has];
  if (body !== undefined) holding.push('its exact bytes');
  return status.join('/') + (holding.length === 0 ? '' : ` with ${holding.join(', ')}`);
}
