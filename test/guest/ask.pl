#!/usr/bin/perl
# serve ADDRESS PORT NAME           answers each datagram with NAME
# udp FROM TO PORT FIRST COUNT      asks from COUNT ports, one after the other: a line "PORT ANSWER" each
# tcp FROM TO PORT COUNT            asks for a page over COUNT connections that stay open together: an answer a line
use strict;
use warnings;
use IO::Select;
use IO::Socket::IP;

$| = 1;
my $mode = shift;
if ($mode eq 'serve') {
  my ($address, $port, $name) = @ARGV;
  my $socket = IO::Socket::IP->new(LocalHost => $address, LocalPort => $port, Proto => 'udp') or die "$address $port: $@";
  print "ready\n";
  while (1) {
    my $from = $socket->recv(my $text, 2048);
    $socket->send($name, 0, $from) if defined $from;
  }
}
my ($from, $to, $port, @rest) = @ARGV;
if ($mode eq 'udp') {
  my ($first, $count) = @rest;
  for my $own ($first .. $first + $count - 1) {
    my $socket = IO::Socket::IP->new(
      LocalHost => $from, LocalPort => $own, PeerHost => $to, PeerPort => $port, Proto => 'udp',
    ) or die "$own: $@";
    $socket->send('name?');
    my $answer = '-';
    $socket->recv($answer, 2048) if IO::Select->new($socket)->can_read(5);
    print "$own $answer\n";
  }
} else {
  my @open;
  for (1 .. $rest[0]) {
    my $socket = IO::Socket::IP->new(
      LocalHost => $from, PeerHost => $to, PeerPort => $port, Proto => 'tcp', Timeout => 20,
    ) or die "connection $_: $@";
    push @open, $socket;
    print $socket "GET / HTTP/1.1\r\nHost: site\r\n\r\n";
    my ($length, $page) = (0, '');
    while (my $line = <$socket>) {
      $length = $1 if $line =~ /^content-length: (\d+)/i;
      last if $line =~ /^\r?$/;
    }
    read $socket, $page, $length;
    print $page;
  }
}
