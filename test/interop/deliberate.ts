/** How lbd differs from keepalived 2.2.7 on an entry of the corpus, and why. */
export interface Deliberate {
  readonly because: string;
  /** The codes of its errors, where lbd refuses the file. */
  readonly refused?: readonly string[];
  /** Of instances, services and checks: from keepalived's to ours, as `differences` shows them. */
  readonly instances?: readonly string[];
  readonly services?: readonly string[];
  /** keepalived complains, and lbd says nothing. */
  readonly silent?: true;
  /** Only where the kernel has no IPVS. */
  readonly withoutIpvs?: true;
}

type Found = Readonly<Record<string, Omit<Deliberate, 'because'>>>;

const all = (because: string, found: Found): Readonly<Record<string, Deliberate>> =>
  Object.fromEntries(Object.entries(found).map(([name, how]) => [name, { because, ...how }]));

export const DELIBERATE: Readonly<Record<string, Deliberate>> = {
  ...all('keepalived puts its default in place of what is wrong; here it is an error', {
    'authentication-of-another-type': { refused: ['unknown_value'] },
    'address-with-a-bad-mask': { refused: ['out_of_range'] },
    'vrid-too-high': { refused: ['out_of_range'] },
    'priority-too-high': { refused: ['out_of_range'] },
    'priority-zero': { refused: ['out_of_range'] },
    'priority-that-is-none': { refused: ['bad_value'] },
    'advert-int-zero': { refused: ['out_of_range'] },
    'advert-int-too-long-for-version-3': { refused: ['out_of_range'] },
    'preemption-delay-too-long': { refused: ['out_of_range'] },
    'state-unknown': { refused: ['unknown_value'] },
    'scheduler-unknown': { refused: ['unknown_value'] },
    'forwarding-unknown': { refused: ['unknown_value'] },
    'tunnel-without-its-port': { refused: ['missing_key'] },
    'protocol-unknown': { refused: ['unknown_value'] },
    'persistence-too-long': { refused: ['out_of_range'] },
    'weight-negative': { refused: ['out_of_range'] },
    'weight-too-high': { refused: ['out_of_range'] },
    'check-interval-zero': { refused: ['out_of_range'] },
    'check-timeout-zero': { refused: ['out_of_range'] },
    'check-retry-negative': { refused: ['out_of_range'] },
    'check-timeout-that-is-none': { refused: ['bad_value'] },
    'check-port-too-high': { refused: ['out_of_range'] },
    'numbers-in-hexadecimal': { refused: ['bad_value'] },
    'numbers-with-a-unit': { refused: ['bad_value'] },
    'numbers-with-a-fraction': { refused: ['bad_value'] },
    'definition-missing': { refused: ['bad_value'] },
    'mark-zero': { refused: ['out_of_range'] },
  }),
  ...all('keepalived goes on without the part, or ends; here it is an error', {
    'address-that-is-none': { refused: ['bad_value'] },
    'interface-of-none': { refused: ['missing_key'] },
    'vrid-none': { refused: ['missing_key'] },
    'vrid-twice': { refused: ['duplicate_vrid'] },
    'peers-of-another-family': { refused: ['mixed_families'] },
    'peers-with-limits-the-wrong-way-round': { refused: ['bad_value'] },
    'vmac-called-as-its-base': { refused: ['conflicting_keys'] },
    'port-too-high': { refused: ['out_of_range', 'out_of_range'] },
    'service-that-is-no-address': { refused: ['bad_value'] },
    'families-mixed-by-routing': { refused: ['mixed_families'] },
    'group-missing': { refused: ['unknown_name'] },
    'sequence-without-braces': { refused: ['bad_value', 'bad_value', 'bad_value'] },
  }),
  ...all('keepalived takes it and the kernel refuses it; here it is an error', {
    'thresholds-the-wrong-way-round': { refused: ['out_of_range'] },
    'thresholds-without-the-upper': { refused: ['out_of_range'] },
    'service-twice': { refused: ['duplicate_service'] },
  }),
  ...all('keepalived reads on, or ends, where blocks or quotes do not match; here it is an error', {
    'quote-unclosed': { refused: ['unclosed_quote'] },
    'brace-missing': { refused: ['missing_brace'] },
    'brace-too-many': { refused: ['stray_brace'] },
    'keyword-without-its-value': { refused: ['missing_value'] },
  }),
  ...all('netmasks are prefix lengths here', { 'persistence-granularity-bad': { refused: ['bad_value'] } }),
  ...all('a file without a keyword may be half written, and taking it would drop every address', {
    empty: { refused: ['empty'] },
  }),
  ...all('two instances would put the same address on the wire', {
    'address-of-two-instances': { refused: ['duplicate_address'] },
  }),
  ...all('AH is outdated and not spoken', {
    'authentication-header': { instances: ['VI_1 > authentication: IPSEC_AH → null'] },
    'sample-SSL_GET': { instances: ['VI_1 > authentication: IPSEC_AH → null'] },
  }),
  ...all('an instance without addresses has nothing to own and is left out', {
    'addresses-none': { instances: ['VI_1: + → -'] },
    'addresses-none-in-their-block': { instances: ['VI_0: + → -'] },
  }),
  ...all('an instance has an address once here, whatever its mask; another one is said', {
    'address-twice': { instances: ['VI_1 > addresses > 3: 10.1.0.1/24 dev eth0 scope global → -'] },
    'address-twice-with-other-masks': {
      instances: ['VI_1 > addresses > 2: 10.1.0.1/32 dev eth0 scope global → -'],
    },
    'sample-vrrp': {
      instances: ['VI_1 > addresses > 4: 192.168.200.18/32 dev eth0 scope global label eth0:1 → -'],
    },
  }),
  ...all('what the machine has is looked at when it is needed, or by lbctl check --host; keepalived ends', {
    'address-on-a-missing-interface': { instances: ['VI_1: - → +'], silent: true },
    'interface-missing': { instances: ['VI_1: - → +'], silent: true },
    'article-script-backup': { silent: true },
  }),
  ...all('later versions of keepalived read it as lbd does', {
    environment: {
      instances: ['VI_1 > priority: 100 → 66', 'VI_1 > addresses > 1: - → 10.0.0.1/24 dev eth0 scope global'],
      silent: true,
    },
    'quotes-that-escape': { silent: true },
  }),
  ...all('keepalived 2.2.7 does not read it, and what is meant is clear', {
    'byte-order-mark': { instances: ['VI_1: - → +'], silent: true },
    'interface-of-all': { instances: ['VI_1: - → +'], silent: true },
    announcements: { instances: ['VI_5 > garp > delay: 2 → 2.5'], silent: true },
  }),
  ...all('how often is no matter where there is no refresh', {
    'announcements-few': {
      instances: ['VI_1 > garp > refreshRepeat: 0 → 1', 'VI_2 > garp > refreshRepeat: 0 → 1'],
    },
  }),
  ...all('keepalived ends without IPVS, for its lvs_sync_daemon_interface', {
    'sample-vrrp.lvs_syncd': {
      instances: ['VI_1: - → +', 'VI_2: - → +', 'VI_3: - → +'],
      silent: true,
      withoutIpvs: true,
    },
  }),
  ...all('later versions of keepalived refuse the second of equal peers, which is said here', {
    'peers-twice': { instances: ['VI_1 > transport > 4: 10.0.0.6 min_ttl 0 max_ttl 255 → -'] },
  }),
  ...all('keepalived does as vrrp_check_unicast_src says, and dumps what the instance itself says', {
    'peers-of-all': {
      instances: ['VI_1 > transport > 1: unicast ttl 255, any source → unicast ttl 255, peers only'],
    },
  }),
  ...all('keepalived sets vmac_xmit_base for unicast peers, and complains that it does', {
    'vmacs-with-names': { silent: true },
  }),
  ...all('keepalived chooses a preference for a rule that has none, and complains that it does', {
    'routes-and-rules': { silent: true },
  }),
  ...all('keepalived does not notice the loss of a route without an interface; lbd puts it back', {
    'sample-track_interface': { silent: true },
    'sample-vrrp.routes': { silent: true },
    'sample-vrrp.static_ipaddress': { silent: true },
  }),
  ...all('script security is always on here', {
    'sample-vrrp.localcheck': { silent: true },
    'value-with-a-brace': { silent: true },
  }),
  ...all('keepalived calls unicast_src_ip without unicast_peer deprecated', {
    'source-address': { silent: true },
  }),
  ...all('keepalived 2.2.7 takes a prefix length for an address', {
    persistence: {
      services: [
        'table > -A -t 10.0.0.1:6 -s rr -p 60 -M 0.0.0.16: + → -',
        'table > -A -t 10.0.0.1:7 -s rr -p 360 -M 0.0.0.24: + → -',
        'table > -A -t 10.0.0.1:6 -s rr -p 60 -M 255.255.0.0: - → +',
        'table > -A -t 10.0.0.1:7 -s rr -p 360 -M 255.255.255.0: - → +',
      ],
    },
  }),
  ...all('keepalived 2.2.7 forgets the connect_timeout of an SMTP_CHECK for its hosts', {
    'sample-SMTP_CHECK': {
      services: [
        'checks > tcp 192.168.200.100:25 -> 172.16.1.11: SMTP_CHECK 172.16.1.11:25 within 0 every 60000, warmup 60000, retry 2 after 5000; foo.bar.com: + → -',
        'checks > tcp 192.168.200.100:25 -> 172.16.1.11: SMTP_CHECK 192.168.155.10:25 within 0 every 60000, warmup 60000, retry 2 after 5000; foo.bar.com: + → -',
        'checks > tcp 192.168.200.100:25 -> 172.16.1.11: SMTP_CHECK 64.233.167.99:25 within 0 every 60000, warmup 60000, retry 2 after 5000; foo.bar.com: + → -',
        'checks > tcp 192.168.200.100:25 -> 172.16.1.12: SMTP_CHECK 172.16.1.12:25 within 0 every 60000, warmup 60000, retry 2 after 5000; foo.bar.com: + → -',
        'checks > tcp 192.168.200.100:25 -> 172.16.1.12: SMTP_CHECK 192.168.155.11:25 within 0 every 60000, warmup 60000, retry 2 after 5000; foo.bar.com: + → -',
        'checks > tcp 192.168.200.100:25 -> 172.16.1.12: SMTP_CHECK 64.233.167.100:587 within 0 every 60000, warmup 60000, retry 2 after 5000; foo.bar.com: + → -',
        'checks > tcp 192.168.200.100:25 -> 172.16.1.11: SMTP_CHECK 192.168.155.10:25 within 10000 every 60000, warmup 60000, retry 2 after 5000; foo.bar.com: - → +',
        'checks > tcp 192.168.200.100:25 -> 172.16.1.11: SMTP_CHECK 64.233.167.99:25 within 10000 every 60000, warmup 60000, retry 2 after 5000; foo.bar.com: - → +',
        'checks > tcp 192.168.200.100:25 -> 172.16.1.12: SMTP_CHECK 192.168.155.11:25 within 10000 every 60000, warmup 60000, retry 2 after 5000; foo.bar.com: - → +',
        'checks > tcp 192.168.200.100:25 -> 172.16.1.12: SMTP_CHECK 64.233.167.100:587 within 10000 every 60000, warmup 60000, retry 2 after 5000; foo.bar.com: - → +',
      ],
    },
    'checks-with-words-of-their-own': {
      services: [
        'checks > tcp 10.0.0.1:1 -> 10.0.0.11: SMTP_CHECK 10.0.0.11:26 within 0 every 60000, warmup 60000, retry 2 after 1000; smtpchecker.keepalived.org: + → -',
        'checks > tcp 10.0.0.1:1 -> 10.0.0.11: SMTP_CHECK 10.0.0.21:80 within 0 every 60000, warmup 60000, retry 2 after 1000; smtpchecker.keepalived.org: + → -',
        'checks > tcp 10.0.0.1:1 -> 10.0.0.11: SMTP_CHECK 10.0.0.11:26 within 5000 every 60000, warmup 60000, retry 2 after 1000; smtpchecker.keepalived.org: - → +',
        'checks > tcp 10.0.0.1:1 -> 10.0.0.11: SMTP_CHECK 10.0.0.21:80 within 5000 every 60000, warmup 60000, retry 2 after 1000; smtpchecker.keepalived.org: - → +',
      ],
      silent: true,
    },
  }),
  ...all('keepalived drops the check, as this machine has no such script', {
    'sample-misc_check': {
      services: [
        'checks > tcp 10.10.10.2:1358 -> 192.168.200.6: MISC_CHECK every 6000, warmup 6000, no retry: - → +',
      ],
    },
    'sample-misc_check_arg': {
      services: [
        'checks > tcp 10.10.10.2:1358 -> 192.168.200.6: MISC_CHECK every 6000, warmup 6000, no retry: - → +',
      ],
    },
  }),
  ...all('keepalived does not dump the virtualhost that a check takes from its service', {
    'sample-virtualhost': {
      services: [
        'checks > tcp 192.168.200.100:80 -> 192.168.201.100: SSL_GET 192.168.201.100:80 within 3000 every 6000, warmup 6000, retry 3 after 3000; http protocol 1.0 url / md5 ff20ad2481f97b1754ef3e12ecd3a9cc 200-299 url /mrtg/ md5 9b3a0c85a887a256d6939da88aabd8cd 200-299: + → -',
        'checks > tcp 192.168.200.100:80 -> 192.168.201.100: SSL_GET 192.168.201.100:80 within 3000 every 6000, warmup 6000, retry 3 after 3000; http protocol 1.0 url / host www.firewall.loc md5 ff20ad2481f97b1754ef3e12ecd3a9cc 200-299 url /mrtg/ host www.firewall.loc md5 9b3a0c85a887a256d6939da88aabd8cd 200-299: - → +',
      ],
    },
  }),
  ...all('script security is always on here, and nb_get_retry means the same as retry', {
    'checks-of-other-kinds': { silent: true },
    'checks-take-from-their-service': { silent: true },
    'check-by-http-with-everything': { silent: true },
  }),
  ...all('keepalived would connect to port 0, where nothing listens', {
    'check-of-a-server-without-a-port': {
      services: [
        'checks > tcp 10.0.0.1:1 -> 10.0.0.11: TCP_CHECK 10.0.0.11:0 within 5000 every 60000, warmup 60000, retry 1 after 1000: + → -',
        'checks > tcp 10.0.0.1:1 -> 10.0.0.11: TCP_CHECK 10.0.0.11:1 within 5000 every 60000, warmup 60000, retry 1 after 1000: - → +',
      ],
    },
  }),
  ...all('the kernel of the recording has no twos', {
    schedulers: {
      services: [
        'table > -A -t 10.0.0.1:14 -s twos: - → +',
        'table > -a -t 10.0.0.1:14 -r 10.0.0.11:14 -m -w 1: - → +',
      ],
    },
  }),
};
