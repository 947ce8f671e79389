import { spawnSync } from 'node:child_process';

/** Small letters stay legible when the picture is shown smaller than it is. */
const ZOOM = '1.5';

/** Makes a PNG of an SVG; gives null, or why there is none. */
export function writePng(svg: string, png: string): string | null {
  const { error, status, stderr } = spawnSync('rsvg-convert', ['--zoom', ZOOM, '--output', png, svg], {
    encoding: 'utf8',
  });
  if (error !== undefined) return 'no PNG: rsvg-convert is missing (package librsvg2-bin)';
  return status === 0 ? null : `no PNG: rsvg-convert ended with ${status}: ${stderr.trim()}`;
}
