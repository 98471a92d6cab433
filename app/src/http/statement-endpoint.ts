// GET /accounts/:id/statement: what happened on an account, newest first, page by page.
import { Problem } from '../domain/problem.ts';
import { formatCursor } from '../domain/statement.ts';
import type { StatementLine } from '../domain/statement.ts';
import type { Store } from '../store/store.ts';
import type { Endpoint } from './endpoint.ts';
import { readStatementQuery } from './requests.ts';

/** What is posted meanwhile comes before the first page and moves no other. */
export function statementEndpoint(store: Store): Endpoint {
  return async (request) => {
    const query = readStatementQuery(request);
    // One more than asked for tells whether there is a next page.
    const found = await store.listPostings({ ...query, limit: query.limit + 1 });
    if (found.length === 0 && (await store.findAccount(query.account)) === undefined)
      throw new Problem('account-not-found');
    const lines = found.slice(0, query.limit);
    const last = found.length > query.limit ? lines.at(-1) : undefined;
    return {
      status: 200,
      body: {
        lines: lines.map(renderLine),
        ...(last === undefined ? {} : { next: formatCursor(query.account, last.id) }),
      },
    };
  };
}

function renderLine(line: StatementLine): object {
  const { transfer, counterparty, amount, reference, createdAt } = line;
  return { transfer, counterparty, amount, reference, createdAt: createdAt.toISOString() };
}
