/** Why a keyword has no effect, where several share the reason. */
export const MAIL = 'lbd sends no mail about services and servers';
export const SCRIPTS = 'lbd runs no scripts for services and servers';
export const SERVERS = 'lbd tells nobody of services and servers';
export const BFD = 'no checker follows a BFD session';
export const TRACKERS = 'lbd follows only the interface of an instance';
export const SNMP = 'lbd has no SNMP agent';
export const DBUS = 'lbd is not on D-Bus; lbctl asks it';
export const NAMES = 'the processes of lbd have fixed names';
export const NAMESPACES = 'lbd works in the network namespace that it is started in';
export const FIREWALL = 'lbd adds no firewall rules';
/** For a keyword of HTTP checks that stands outside of them. */
export const HTTP = 'it is for checks by HTTP, which are not supported yet';
export const SCHEDULING = 'the service manager gives lbd its priority and processors';
export const BUFFERS = 'lbd sizes its buffers itself';
export const DUMPS = 'lbctl status prints this, in JSON with -o json';
export const RELOADS = 'lbd always checks a configuration before it applies it, and says what it refused';
export const VMACS = 'lbd announces the address with the MAC of the interface';
export const VERSION_2 = 'adverts go out as version 2';
export const IPV6 = 'VRRP over IPv6 is not supported';
export const UNICAST = 'the instance sends to the multicast group';
export const ROUTES = 'lbd sets no routes and rules';
export const HMAC = 'lbd does not sign adverts';
export const LINKS = 'lbd hears of link changes from the kernel at once';
export const QUORUM = 'lbd knows no quorum of servers';
export const SORRY = 'lbd knows no sorry server';
export const GARP = 'lbd has no such pace of its announcements';
export const DEBUG = 'lbd has nothing that this would change';
export const CHECKER =
  'this kind of check is not supported yet; a server without a TCP_CHECK is not checked and always in';
