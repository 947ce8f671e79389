// A flame graph: who calls stands below whom it calls, and each is as wide as its share of the time.
import { printNumber } from '../bed/numbers.ts';
import { element, escapeXml, FAINT, picture, text, widthOf } from '../report/svg.ts';
import type { FunctionTime, Stack, Stacks } from './stacks.ts';

const WIDTH = 1400;
const MARGIN = 24;
const HEAD = 74;
const ROW = 17;
const SIZE = 11;
/** Narrower ones cannot be seen. Pixels. */
const NARROWEST = 0.4;
/** Functions in the list below the graph. */
const LISTED = 15;

/** The graph, with a title for each frame, and the functions with the most time of their own. */
export function drawFlames(title: string, { root, functions, idle }: Stacks): string {
  const perMicro = root.total === 0 ? 0 : (WIDTH - 2 * MARGIN) / root.total;
  const depth = depthOf(root, perMicro);
  const bottom = HEAD + depth * ROW;
  const frames: string[] = [];
  const draw = (stack: Stack, x: number, level: number): void => {
    const width = stack.total * perMicro;
    if (width < NARROWEST) return;
    const everywhere = functions.get(stack.function);
    frames.push(drawFrame(stack, everywhere, root.total, { x, y: bottom - level * ROW, width }));
    let at = x;
    for (const called of sorted(stack)) {
      draw(called, at, level + 1);
      at += called.total * perMicro;
    }
  };
  draw(root, MARGIN, 1);
  const busiest = [...functions].toSorted(([, a], [, b]) => b.self - a.self).slice(0, LISTED);
  const height = bottom + 40 + (busiest.length + 1) * ROW + MARGIN;
  const share = (100 * root.total) / Math.max(1, root.total + idle);
  return picture(
    WIDTH,
    height,
    text(MARGIN, 32, title, { size: 18, bold: true }),
    text(
      MARGIN,
      54,
      `${printMs(root.total)} of work, ${printNumber(share)} % of the time that was recorded. The widest are the most expensive; a frame tells more when pointed at.`,
      { colour: FAINT },
    ),
    ...frames,
    ...drawList(busiest, root.total, bottom + 40),
  );
}

const sorted = (stack: Stack): readonly Stack[] =>
  [...stack.calls.values()].toSorted((a, b) => (a.function < b.function ? -1 : 1));

function depthOf(stack: Stack, perMicro: number): number {
  const seen = [...stack.calls.values()].filter(({ total }) => total * perMicro >= NARROWEST);
  return 1 + Math.max(0, ...seen.map((called) => depthOf(called, perMicro)));
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function drawFrame(
  stack: Stack,
  everywhere: FunctionTime | undefined,
  all: number,
  { x, y, width }: Place,
): string {
  const here = `${stack.function}\nhere: total ${printTime(stack.total, all)}, self ${printTime(stack.self, all)}`;
  const elsewhere =
    everywhere === undefined
      ? ''
      : `\neverywhere: total ${printTime(everywhere.total, all)}, self ${printTime(everywhere.self, all)}`;
  const box = {
    x,
    y,
    width: Math.max(0, width - 0.5),
    height: ROW - 1,
    rx: 1,
    fill: colourOf(stack.function),
  };
  const room = Math.floor((width - 6) / widthOf('m', SIZE));
  const label = room < 3 ? '' : text(x + 3, y + 12, shortened(stack.function, room), { size: SIZE });
  return element(
    'g',
    {},
    element('title', {}, escapeXml(`${here}${elsewhere}`)),
    element('rect', box),
    label,
  );
}

const shortened = (words: string, room: number): string =>
  words.length <= room ? words : `${words.slice(0, room - 1)}…`;

function drawList(
  functions: readonly (readonly [string, FunctionTime])[],
  all: number,
  top: number,
): readonly string[] {
  const line = (y: number, [self, total, name]: readonly [string, string, string], bold = false): string =>
    [
      text(MARGIN + 120, y, self, { bold, anchor: 'end' }),
      text(MARGIN + 250, y, total, { bold, anchor: 'end' }),
      text(MARGIN + 270, y, name, { bold }),
    ].join('');
  return [
    line(top, ['self', 'total', 'function'], true),
    ...functions.map(([name, { self, total }], i) =>
      line(top + (i + 1) * ROW, [printTime(self, all), printTime(total, all), name]),
    ),
  ];
}

const printMs = (micros: number): string => `${printNumber(micros / 1000)} ms`;

const printTime = (micros: number, all: number): string =>
  `${printMs(micros)} (${((100 * micros) / Math.max(1, all)).toFixed(1)} %)`;

/** The same for all functions of a file: node's own are grey, packages are green, what is ours is warm. */
function colourOf(name: string): string {
  const file = /\(([^()]*):\d+\)$/.exec(name)?.[1] ?? '';
  if (file === '' || file.startsWith('node:')) return '#c9ced6';
  const hash = [...file].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7);
  const isOurs = /^(?:base|model|wire|config|vrrp|health|plan|view|kernel|probes|ipc|daemon|cli)\//.test(
    file,
  );
  return isOurs ? `hsl(${18 + (hash % 36)}, 85%, 68%)` : `hsl(${110 + (hash % 50)}, 40%, 70%)`;
}
