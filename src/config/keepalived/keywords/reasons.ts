/** Why a keyword has no effect, where several share the reason. */
export const SNMP = 'lbd has no SNMP agent';
export const DBUS = 'lbd is not on D-Bus; lbctl asks it';
export const NAMES = 'the processes of lbd have fixed names';
export const FIREWALL = 'lbd drops packets in a table of nftables of its own';
export const SCHEDULING = 'the service manager gives lbd its priority and processors';
export const BUFFERS = 'lbd sizes its buffers itself';
export const DUMPS = 'lbctl status prints this, in JSON with -o json';
export const RELOADS = 'lbd always checks a configuration before it applies it, and says what it refused';
export const LINKS = 'lbd hears of link changes from the kernel at once';
export const DEBUG = 'lbd has nothing that this would change';
