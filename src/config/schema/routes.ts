import { z } from 'zod';
import { err, type Result } from '../../base/result.ts';
import type { RouteConfig } from '../../model/routes.ts';
import type { Problem } from '../diagnostic.ts';
import { type LineFault, wordsOf } from '../routes/line.ts';
import { STANDARD_NAMES } from '../routes/names.ts';
import type { WrittenRule } from '../routes/number-rules.ts';
import { parseRoute } from '../routes/parse-route.ts';
import { parseRule } from '../routes/parse-rule.ts';
import { parsed } from './scalars.ts';

export type { WrittenRule } from '../routes/number-rules.ts';

/**
 * A route as `ip route` writes it: `192.168.9.0/24 via 10.0.0.1 dev eth1 table 100`. Tables are numbers, or one of
 * main, local and default: a configuration in YAML means the same on every machine, whatever its rt_tables say.
 */
export const virtualRoute = parsed(
  z.string().meta({ title: 'a route as for `ip route`' }),
  (text): Result<RouteConfig, Problem> => problemOf(parseRoute(wordsOf(text), STANDARD_NAMES)),
);

/**
 * A rule as `ip rule` writes it: `from 192.168.9.0/24 table 100 preference 1000`. `numberRules` turns it into a
 * RuleConfig, with a preference if the line has none.
 */
export const virtualRule = parsed(
  z.string().meta({ title: 'a routing rule as for `ip rule`' }),
  (text): Result<WrittenRule, Problem> => problemOf(parseRule(wordsOf(text), STANDARD_NAMES)),
);

const problemOf = <T>(result: Result<T, LineFault>): Result<T, Problem> =>
  result.ok ? result : err(result.error.problem);
