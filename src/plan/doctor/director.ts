import type { Diagnosis } from '../../model/doctor.ts';
import { examineAddresses } from './addresses.ts';
import { examineDaemon, type RefusalHints } from './daemon.ts';
import { combine, looked } from './examination.ts';
import type { DirectorFacts } from './facts.ts';
import { examineFirewall } from './firewall.ts';
import { examineIpvs } from './ipvs.ts';
import { examineMachine } from './machine.ts';
import { examinePaths } from './paths.ts';
import { examineXdp } from './xdp.ts';
import { examineXdpLinks } from './xdp-links.ts';

/** What stops a director from doing what it is configured to do. */
export const diagnoseDirector = (facts: DirectorFacts, hints: RefusalHints): Diagnosis =>
  combine([
    looked(facts.configFile, facts.configFindings),
    examineDaemon(facts, hints),
    examineAddresses(facts),
    examinePaths(facts),
    examineFirewall(facts),
    examineIpvs(facts),
    examineXdp(facts),
    examineXdpLinks(facts),
    examineMachine(facts),
  ]);
