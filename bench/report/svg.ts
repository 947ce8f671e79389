// As much of SVG as pictures of figures take.

/** An element, with what is in it as SVG; attributes that are numbers are written with at most two decimals. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...content: readonly string[]
): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeXml(printAttribute(value))}"`,
  );
  return content.length === 0
    ? `<${name}${written.join('')}/>`
    : `<${name}${written.join('')}>${content.join('')}</${name}>`;
}

const printAttribute = (value: string | number): string =>
  typeof value === 'string' ? value : String(Math.round(value * 100) / 100);

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** What XML 1.0 does not allow. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text as it stands in an element or an attribute. */
export const escapeXml = (text: string): string =>
  text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"]/g, (letter) => ESCAPES[letter] ?? letter);

export interface TextStyle {
  readonly size?: number;
  readonly bold?: boolean;
  readonly colour?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
}

export const INK = '#1c1e21';
export const FAINT = '#6a7078';

/** A line of text, with its baseline at `y`. Pixels. */
export const text = (
  x: number,
  y: number,
  words: string,
  { size = 12, bold = false, colour = INK, anchor = 'start' }: TextStyle = {},
): string =>
  element(
    'text',
    {
      x,
      y,
      'font-size': size,
      fill: colour,
      'text-anchor': anchor,
      ...(bold ? { 'font-weight': 'bold' } : {}),
    },
    escapeXml(words),
  );

/** About how wide a line of DejaVu Sans is, rather too much than too little. Pixels. */
export const widthOf = (words: string, size = 12, bold = false): number =>
  words.length * size * (bold ? 0.68 : 0.6);

/** A whole picture on white. Pixels. */
export const picture = (width: number, height: number, ...content: readonly string[]): string =>
  `${element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': 'DejaVu Sans, Verdana, sans-serif',
    },
    element('rect', { width, height, fill: '#ffffff' }),
    ...content,
  )}\n`;
