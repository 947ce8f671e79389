# handover-probe.pl answer|ask ADDRESS PORT: datagrams to a service, one every 2 ms, and the server that returns them.
# `ask` prints, after SIGINT, JSON: how many were sent, how many came back, the five longest times between two that came
# back (milliseconds, and when each ended), and every run of lost ones: how many, and when the first was sent (Unix time).
# Perl's base package is on every Debian, and under emulation this takes a tenth of a core.
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(time);

my ($mode, $address, $port) = @ARGV;

if ($mode eq 'answer') {
  # Bound to the address, or the answers would come from another one.
  my $socket = IO::Socket::INET->new(LocalAddr => $address, LocalPort => $port, Proto => 'udp') or die "bind: $@";
  $| = 1;
  print "ready\n";
  while (defined(my $from = $socket->recv(my $datagram, 64))) { $socket->send($datagram, 0, $from); }
  die "recv: $!";
}

my $INTERVAL = 0.002;
my $socket = IO::Socket::INET->new(PeerAddr => $address, PeerPort => $port, Proto => 'udp') or die "connect: $@";
$socket->blocking(0);
my ($sent, $received, $stop) = (0, 0, 0);
my ($last, $seen) = (undef, '');
my (@sentAt, @gaps);
$SIG{INT} = sub { $stop = 1 };

sub keep {
  @gaps = sort { $b->[0] <=> $a->[0] } @gaps, [@_];
  pop @gaps if @gaps > 5;
}

sub collect {
  while (defined $socket->recv(my $datagram, 64)) {
    next unless length $datagram == 4;
    my $now = time;
    my $number = unpack 'N', $datagram;
    next if vec($seen, $number, 1);
    vec($seen, $number, 1) = 1;
    $received++;
    keep($now - $last, $now) if defined $last && (@gaps < 5 || $now - $last > $gaps[-1][0]);
    $last = $now;
  }
}

my $next = time;
my $end;
while (!defined $end || time < $end) {
  my $wait = (defined $end ? $end : $next) - time;
  my $readable = '';
  vec($readable, fileno $socket, 1) = 1;
  select $readable, undef, undef, $wait if $wait > 0;
  collect();
  my $now = time;
  if ($stop && !defined $end) {
    # What is still under way is not lost.
    $end = $now + 2;
  }
  if (!defined $end && $now >= $next) {
    # An ICMP error of an earlier datagram is told by send: that one counts as lost, and this one is sent again.
    my $message = pack 'N', $sent;
    defined $socket->send($message) or $socket->send($message);
    $sentAt[$sent++] = $now;
    $next = $now > $next + $INTERVAL ? $now + $INTERVAL : $next + $INTERVAL;
  }
}

my @lost;
for (my $number = 0; $number < $sent; $number++) {
  next if vec($seen, $number, 1);
  my $first = $number;
  $number++ while $number < $sent && !vec($seen, $number, 1);
  push @lost, sprintf '{"count":%d,"at":%.3f}', $number - $first, $sentAt[$first];
}
my @longest = map { sprintf '{"ms":%.1f,"at":%.3f}', $_->[0] * 1000, $_->[1] } @gaps;
printf qq({"sent":%d,"received":%d,"gaps":[%s],"lost":[%s]}\n), $sent, $received, join(',', @longest), join ',', @lost;
