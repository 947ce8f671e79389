// keepalived beside lbd, of which test/netns/mail.test.ts tells the same story.
import path from 'node:path';
import { test } from 'node:test';
import { createLab } from '../lab/lab.ts';
import { Keepalived } from '../support/keepalived.ts';
import { mailStory } from '../support/mail-story.ts';

const LIMIT = 180_000;

test('keepalived 2.2.7 mails what lbd mails', { timeout: 3 * LIMIT }, async (context) => {
  const lab = await createLab({ directors: 1, servers: 2, web: true });
  context.after(() => lab.close());
  const keepalived = new Keepalived(lab.host('d1'), path.join(lab.directory, 'keepalived'));
  const start = (conf: string) => keepalived.start(conf, '-C');
  await mailStory(lab, { start, stop: () => keepalived.stop() }, LIMIT);
});
