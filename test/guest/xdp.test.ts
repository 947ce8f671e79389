// The XDP program on the oldest kernel that it is for: Debian 12's verifier takes less than newer ones.
import '../xdp/packets/flows.test.ts';
import '../xdp/packets/fragments.test.ts';
import '../xdp/packets/tunnels.test.ts';
import '../xdp/packets/verdicts.test.ts';
