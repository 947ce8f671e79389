import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommand } from '../../../bench/report/command.ts';

const parse = (...words: readonly string[]) => parseCommand(words, ['checks', 'failover']);

test('words behind a name are its own, up to the next name; without one all are asked for', () => {
  assert.deepEqual(parse(), {
    does: 'measure',
    asked: [
      { name: 'checks', args: [] },
      { name: 'failover', args: [] },
    ],
  });
  assert.deepEqual(parse('failover', '--adverts', 'v3 10 ms', '--runs=2', 'checks', '--rate', '500'), {
    does: 'measure',
    asked: [
      { name: 'failover', args: ['--adverts', 'v3 10 ms', '--runs=2'] },
      { name: 'checks', args: ['--rate', '500'] },
    ],
  });
});

test('what is neither a name nor an option of one is refused with the names', () => {
  for (const words of [['bogus'], ['checks', 'bogus'], ['checks', '--rate', '5', 'bogus']]) {
    const command = parse(...words);
    assert.deepEqual(command, { does: 'refuse', because: 'there is no measurement bogus: checks, failover' });
  }
  assert.deepEqual(parse('--bogus', 'checks'), { does: 'refuse', because: 'there is no option --bogus' });
});

test('comparing takes a file and a measurement, or two files', () => {
  const asked = [{ name: 'checks', args: ['--rate', '5'] }];
  assert.deepEqual(parse('--compare', 'a.json'), { does: 'compare', before: 'a.json', asked: [] });
  assert.deepEqual(parse('--compare', 'a.json', 'checks', '--rate', '5'), {
    does: 'compare',
    before: 'a.json',
    asked,
  });
  assert.deepEqual(parse('--compare', 'a.json', 'b.json'), {
    does: 'compareFiles',
    before: 'a.json',
    now: 'b.json',
  });
  assert.equal(parse('--compare').does, 'refuse');
  assert.equal(parse('--compare', 'a.json', 'bogus').does, 'refuse');
});

test('profiling takes a name', () => {
  assert.deepEqual(parse('--profile', 'checks'), { does: 'profile', asked: [{ name: 'checks', args: [] }] });
  assert.equal(parse('--profile').does, 'refuse');
  assert.deepEqual([parse('--list').does, parse('--help').does], ['list', 'help']);
});
