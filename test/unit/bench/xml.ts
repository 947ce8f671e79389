import assert from 'node:assert/strict';

/** An element's name and attributes, as they are written. */
export interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const TAG = /<(\/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<]*")*)(\/?)>/y;
const TEXT = /[^<]+/y;
const ENTITY = /&(?!(?:amp|lt|gt|quot);)/;

/** The elements of a text that is well-formed, as far as svg.ts writes any; fails where it is not. */
export function readTags(xml: string): readonly Tag[] {
  const tags: Tag[] = [];
  const open: string[] = [];
  assert.doesNotMatch(xml, ENTITY);
  for (let at = 0; at < xml.length; ) {
    TAG.lastIndex = TEXT.lastIndex = at;
    const tag = TAG.exec(xml);
    const found = tag ?? TEXT.exec(xml);
    assert.ok(found !== null, `not well-formed: ${xml.slice(at, at + 60)}`);
    at += found[0].length;
    if (tag === null) continue;
    const [, closing, name = '', attributes = '', empty] = tag;
    if (closing === '/') assert.equal(open.pop(), name);
    else {
      const pairs = [...attributes.matchAll(/ ([a-zA-Z0-9-]+)="([^"]*)"/g)].map(([, key, value]) => [
        key,
        value,
      ]);
      tags.push({ name, attributes: Object.fromEntries(pairs) });
      if (empty !== '/') open.push(name);
    }
  }
  assert.deepEqual(open, []);
  return tags;
}

/** Fails where anything that is drawn, but for the ends of texts, lies outside of the picture. */
export function assertInside(tags: readonly Tag[]): void {
  const picture = tags[0]?.attributes ?? {};
  const [width, height] = [Number(picture['width']), Number(picture['height'])];
  for (const { name, attributes } of tags) {
    const number = (key: string) => Number(attributes[key] ?? 0);
    const points = (attributes['points'] ?? '').split(' ').filter((pair) => pair !== '');
    const across = [number('x'), number('x1'), number('x2'), number('x') + number('width')];
    const down = [number('y'), number('y1'), number('y2'), number('y') + number('height')];
    across.push(...points.map((pair) => Number(pair.split(',')[0])));
    down.push(...points.map((pair) => Number(pair.split(',')[1])));
    const isInside = (value: number, end: number) => value >= 0 && value <= end;
    assert.ok(
      across.every((x) => isInside(x, width)) && down.every((y) => isInside(y, height)),
      `outside of ${width} × ${height}: ${name} ${JSON.stringify(attributes)}`,
    );
  }
}
