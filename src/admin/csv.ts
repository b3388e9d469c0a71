import type { Request } from 'express';

/** Whether the caller would rather have CSV than JSON. */
export function acceptsCsv(request: Request): boolean {
  return request.accepts(['application/json', 'text/csv']) === 'text/csv';
}

/**
 * Rows as comma-separated values (RFC 4180), a header first.
 *
 * @param rows one object or a list of them; a member that is missing is an empty field
 */
export function renderCsv(columns: readonly string[], rows: unknown): string {
  const list: readonly unknown[] = Array.isArray(rows) ? rows : [rows];
  const lines = list.map((row) => columns.map((column) => quote(fieldOf(row, column))).join(','));
  return [columns.join(','), ...lines, ''].join('\r\n');
}

function fieldOf(row: unknown, column: string): string {
  if (typeof row !== 'object' || row === null) return '';
  const value: unknown = new Map(Object.entries(row)).get(column);
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
