// How many rows each table has, asked in one query: of the snapshot when a set is made, of the restored
// database in a drill. The same numbers, or rows were lost on the way.

export type RowCounts = Readonly<Record<string, number>>;

export const rowsSql = `SELECT coalesce(json_object_agg(c.relname, (xpath('/row/rows/text()',
    query_to_xml(format('SELECT count(*) AS rows FROM %I.%I', n.nspname, c.relname), false, true, '')
    ))[1]::text::bigint), '{}')
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition`;

/** One line for each table that has other than the wanted number of rows. */
export function compareRows(want: RowCounts, actual: RowCounts): readonly string[] {
  return Object.entries(want)
    .filter(([table, rows]) => actual[table] !== rows)
    .map(([table, rows]) => `${table} has ${actual[table] ?? 'no'} rows instead of ${rows}`);
}
