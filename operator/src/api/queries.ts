// `spec.checks.queries`: the user's own queries, a list by name.
import { z } from 'zod';
import { withRules } from './primitives.ts';
import { QUERY_RULES } from './query-rules.ts';
import { query } from './query-spec.ts';

export const QUERIES_MAX = 10;

export const queries = z
  .array(
    withRules(
      query,
      QUERY_RULES.map(({ isKept: _isKept, ...rule }) => rule),
    ),
  )
  .max(QUERIES_MAX)
  .meta({
    description:
      'Values that are asked of other systems while a release is under way. `verify` passes only ' +
      'while all of them are good; one that stays bad takes the candidate back at any time.',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  });
