// The reference page of reasons, from the catalogue that conditions, events and history draw from.
import { REASONS } from '../../operator/src/api/reasons.ts';
import { code, page, table, type Page } from './markdown.ts';

export function reasonsPage(): Page {
  const rows = Object.entries(REASONS)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { what, remedy }]) => [code(name), what, remedy.replaceAll('<', '&lt;')]);
  return page('docs/reference/reasons.md', 'Reasons', [
    'Every condition, event and history entry carries one of these. `kubectl slipway explain` shows ' +
      'the one that holds now.',
    table(['reason', 'what it means', 'what to do'], rows),
  ]);
}
