import type { Lab } from '../../test/lab/lab.ts';
import { shell } from '../../test/lab/shell.ts';

/** Drops frames in the segment's bridge without a sign of it at either end, until what it gives is called. */
export async function dropFrames(lab: Lab, matches: readonly string[]): Promise<() => Promise<void>> {
  const inBridge = `ip netns exec ${lab.env['LAB']}-br nft`;
  const rules = matches.map((match) => `${match} drop;`).join(' ');
  await shell(`${inBridge} -f - <<'END'
table bridge bench { chain forward { type filter hook forward priority 0; ${rules} }; }
END`);
  return async () => {
    await shell(`${inBridge} delete table bridge bench`);
  };
}
