import { GLOBAL_ROWS } from './global.ts';
import { INSTANCE_ROWS } from './instance.ts';
import { LINKS } from './reasons.ts';
import {
  applied,
  type Block,
  block,
  here,
  lines,
  named,
  old,
  type Rows,
  repeated,
  secret,
  yet,
} from './row.ts';
import { SERVICE_ROWS } from './service.ts';
import {
  BFD_ROWS,
  FILE_ROWS,
  GARP_GROUP_ROWS,
  PROCESS_ROWS,
  PUT_BACK,
  SCRIPT_ROWS,
  SYNC_GROUP_ROWS,
  TRACK_GROUP_ROWS,
} from './tracking.ts';

const include = (doc: string) => repeated(applied(null, doc));

const ROWS: Rows = {
  include: include('Reads another file here; none is no mistake'),
  includer: include('Reads another file, which must be readable'),
  includem: include('Reads other files; there must be one'),
  includew: include('Reads other files; each wildcard must match'),
  includeb: include('Reads other files; each choice of braces must match'),
  includea: include('Reads other files; all of them must be there'),
  global_defs: block(applied(null, 'What holds for everything'), GLOBAL_ROWS),
  net_namespace: applied('net_namespace', 'Network namespace to work in'),
  net_namespace_ipvs: here(
    'IPVS is programmed in the namespace that lbd works in',
    'Network namespace for IPVS',
  ),
  namespace_with_ipsets: here('lbd uses no ipsets', 'Allows ipsets in namespaces of old kernels'),
  use_pid_dir: here('lbd writes no PID files', 'Where PID files are'),
  instance: here('lbd is told its run directory on the command line', 'Name of this daemon'),
  child_wait_time: here('the service manager limits how long a stop takes', 'Seconds to wait for processes'),
  linkbeat_use_polling: here(LINKS, 'Asks for the state of links again and again'),
  linkbeat_interfaces: lines(here(LINKS, 'Interfaces to ask for the state of their link')),
  interface_up_down_delays: lines(
    applied('interface_up_down_delays.*', 'Seconds before a changed link counts'),
  ),
  static_ipaddress: lines(applied('static_addresses', 'Addresses to set at the start')),
  static_routes: lines(applied('static_routes', 'Routes to set at the start')),
  static_rules: lines(applied('static_rules', 'Routing rules to set at the start')),
  track_group: named(
    here(PUT_BACK, 'Instances that follow static addresses, routes and rules'),
    TRACK_GROUP_ROWS,
  ),
  garp_group: block(applied('garp_groups', 'Pace of announcements that interfaces share'), GARP_GROUP_ROWS),
  vrrp_sync_group: named(applied('sync_groups.*', 'Instances that change together'), SYNC_GROUP_ROWS),
  vrrp_instance: named(applied('vrrp.*', 'A virtual router on an interface'), INSTANCE_ROWS),
  vrrp_script: named(applied('track_scripts.*', 'A command that instances follow'), SCRIPT_ROWS),
  track_file: named(applied('track_files.*', 'A file that instances and servers follow'), FILE_ROWS),
  vrrp_track_file: old(
    named(applied('track_files.*', 'A file that instances and servers follow'), FILE_ROWS),
  ),
  vrrp_track_process: named(applied('track_processes.*', 'A process that instances follow'), PROCESS_ROWS),
  bfd_instance: named(applied('bfd.*', 'A BFD session that instances and servers follow'), BFD_ROWS),
  virtual_server_group: lines(
    applied('services.*.addresses', 'Addresses, ranges and marks that share servers'),
  ),
  virtual_server: named(
    applied('services.*', 'A virtual service, by address and port, mark or group'),
    SERVICE_ROWS,
  ),
  SSL: secret(applied('services.*.check', 'Certificate to show to servers in SSL_GET'), {
    password: yet('a key is read without a password', 'Password of the key'),
    ca: here('certificates are not verified, as by keepalived; in YAML they can be', 'File of authorities'),
    certificate: applied('services.*.check.certificate', 'File of the certificate'),
    key: applied('services.*.check.key', 'File of the key'),
  }),
};

/** What may stand outside of any block. */
export const TOP: Block = { rows: ROWS, isNamed: false, isSecret: false };
