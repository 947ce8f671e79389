import type { Config } from '../../model/config.ts';
import { type CheckerMail, checkerMail } from '../compose/sinks.ts';

/** What `smtp_alert_checker` says, undefined for nothing, and what it makes of services and servers that say nothing. */
export interface CheckerMailText {
  readonly said: boolean | undefined;
  readonly usual: CheckerMail;
}

/** What leaves the fewest services and servers to say otherwise. Without mail there is no place to say it. */
export function writeCheckerMail({ services, notify }: Pick<Config, 'services' | 'notify'>): CheckerMailText {
  const servers = services.flatMap((service) => service.servers);
  const texts = (notify.mail === null ? [undefined] : [undefined, true, false]).map((said) => {
    const usual = checkerMail(said);
    const others =
      services.filter(({ mail }) => mail !== usual.service).length +
      servers.filter(({ mail }) => mail !== usual.server).length;
    return { said, usual, lines: others + (said === undefined ? 0 : 1) };
  });
  return texts.reduce((best, text) => (text.lines < best.lines ? text : best));
}
