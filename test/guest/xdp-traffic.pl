#!/usr/bin/perl
# serve NAME FIRST COUNT ADDRESS…   tells who connects or sends a datagram to one of the ports its NAME
# ask                               reads lines "ID PROTOCOL FROM TO PORT COUNT" and asks so often: a line "ID FROM NAME" for
#                                   each; "done" when all is told. Connections stay open until standard input ends.
# PROTOCOL is tcp, udp or ops: the last sends all datagrams from one port.
use strict;
use warnings;
use IO::Select;
use IO::Socket::IP;
use Socket qw(MSG_DONTWAIT);

$| = 1;
my $mode = shift;
my @open;
if ($mode eq 'serve') {
  my ($name, $first, $count, @addresses) = @ARGV;
  my $heard = IO::Select->new;
  my %is_tcp;
  for my $address (@addresses) {
    for my $port ($first .. $first + $count - 1) {
      my %at = (LocalHost => $address, LocalPort => $port);
      my $tcp = IO::Socket::IP->new(%at, Proto => 'tcp', Listen => 128, ReuseAddr => 1) or die "$address $port: $@";
      $is_tcp{$tcp} = 1;
      $heard->add($tcp, IO::Socket::IP->new(%at, Proto => 'udp') || die "$address $port: $@");
    }
  }
  print "ready\n";
  while (1) {
    for my $socket ($heard->can_read) {
      if ($is_tcp{$socket}) {
        my $client = $socket->accept or next;
        $client->syswrite("$name\n");
        push @open, $client;
      } elsif (defined(my $from = $socket->recv(my $text, 2048, MSG_DONTWAIT))) {
        $socket->send($name, 0, $from);
      }
    }
  }
}

sub heard {
  my ($socket) = @_;
  my $answer = '';
  $socket->sysread($answer, 64) if IO::Select->new($socket)->can_read(10);
  chomp $answer;
  return $answer eq '' ? '-' : $answer;
}

while (my $line = <STDIN>) {
  my ($id, $protocol, $from, $to, $port, $count) = split ' ', $line;
  if ($id eq 'end') {
    print "done\n";
    next;
  }
  my $type = $protocol eq 'tcp' ? 'tcp' : 'udp';
  my $socket;
  for (1 .. $count) {
    if (!$socket || $protocol ne 'ops') {
      $socket = IO::Socket::IP->new(LocalHost => $from, PeerHost => $to, PeerPort => $port, Proto => $type, Timeout => 10);
      push @open, $socket if $socket;
    }
    $socket->send('name?') if $socket && $type eq 'udp';
    print "$id $from ", $socket ? heard($socket) : '-', "\n";
  }
}
