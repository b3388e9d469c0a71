import type { Request } from 'express';
import type { DeclaredAnswer } from './api.ts';

/** Whether the caller would rather have CSV than JSON: by the query's `format`, else by `Accept`. */
export function prefersCsv(request: Request): boolean {
  const format = new URLSearchParams(request.originalUrl.split('?')[1]).get('format');
  if (format !== null) return format === 'csv';
  return request.accepts(['application/json', 'text/csv']) === 'text/csv';
}

/**
 * Rows as comma-separated values (RFC 4180), a header first.
 *
 * @param rows one object or a list of them; a member that is missing is an empty field
 */
export function renderCsv(
  { columns, toRow = (row) => row }: NonNullable<DeclaredAnswer['csv']>,
  rows: unknown,
): string {
  const list: readonly unknown[] = Array.isArray(rows) ? rows : [rows];
  const lines = list.map((row) => {
    const fields = new Map<string, unknown>(Object.entries(toRow(Object(row))));
    return columns.map((column) => quote(textOf(fields.get(column)))).join(',');
  });
  return [columns.join(','), ...lines, ''].join('\r\n');
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
