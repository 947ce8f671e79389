import { err, ok } from '../../base/result.ts';
import { mistake, warning } from '../diagnostic.ts';
import type { WrittenInstance } from '../schema/vrrp.ts';
import type { Mark } from './compose-marks.ts';
import { leaveAll, leaveIdle, markOf, type Readers, type Scope } from './compose-scope.ts';
import { argument, oneOf, read, sayAt } from './compose-values.ts';
import { here } from './keywords/row.ts';
import type { Statement, Word } from './statement.ts';

/** What the blocks `authentication` of an instance say. */
export interface Authentication {
  type: 'PASS' | 'AH' | null;
  password: string | null;
  readonly statements: { readonly statement: Statement; readonly scope: Scope }[];
  /** Whether something in it was an error. */
  isBroken: boolean;
  mark: Mark;
}

export const newAuthentication = (mark: Mark): Authentication => ({
  type: null,
  password: null,
  statements: [],
  isBroken: false,
  mark,
});

const AH = here(
  'AH is of MD5 and outdated: adverts go out without authentication, and auth_hmac signs them',
  'Authentication by AH',
);

export const AUTHENTICATION_READERS: Readers<Authentication> = {
  auth_type: (statement, authentication, scope) => {
    const given = read(statement, scope, oneOf(['PASS', 'AH'], 'type of authentication', scope));
    authentication.type = given?.value ?? null;
    if (given === null) authentication.isBroken = true;
    else if (given.value === 'AH') leaveIdle(statement, AH, scope, 'auth_type AH');
    else authentication.statements.push({ statement, scope });
    authentication.mark.inside.set('type', markOf(scope, statement));
  },
  auth_pass: (statement, authentication, scope) => {
    const word = argument(statement, scope);
    const password = word === null ? null : passwordOf(word);
    authentication.password = password?.ok === true ? password.value : null;
    if (password?.ok !== true) authentication.isBroken = true;
    if (word !== null && password?.ok === false) sayAt(scope, statement, word, password.error);
    authentication.statements.push({ statement, scope });
    authentication.mark.inside.set('password', markOf(scope, statement));
  },
};

const passwordOf = ({ text }: Word) =>
  /^[ -~]+$/.test(text) ? ok(text) : err(mistake('bad_value', 'a password is of printable ASCII characters'));

/** What goes out in adverts. `refused` is why the instance may have no authentication, or null. */
export function authenticationOf(
  authentication: Authentication,
  refused: string | null,
  say: (mark: Mark, problem: ReturnType<typeof warning>) => void,
): WrittenInstance['authentication'] {
  const { type, password, statements, mark, isBroken } = authentication;
  if (isBroken || (type === null && password === null)) return undefined;
  const because =
    refused ?? (type === null ? 'it needs an auth_type' : password === null ? 'it needs an auth_pass' : null);
  if (because === null && type === 'PASS' && password !== null) return { type: 'pass', password };
  if (because !== null) {
    const text = `adverts go out without authentication, as from keepalived: ${because}`;
    say(mark, warning('overridden', text));
  }
  const reason = because ?? 'adverts go out without authentication';
  for (const { statement, scope } of statements) leaveAll(statement, scope, 'here', reason);
  return undefined;
}
