// Mail about services and servers by the shipped program: a kernel without IPVS will do.
import { test } from 'node:test';
import { createLab } from '../lab/lab.ts';
import { Director } from '../support/director.ts';
import { mailStory } from '../support/mail-story.ts';

const LIMIT = 60_000;

test('lbd mails of a server and a quorum that go and come back, and tells the server what it begins with', {
  timeout: 4 * LIMIT,
}, async (context) => {
  const lab = await createLab({ directors: 1, servers: 2, web: true });
  context.after(() => lab.close());
  const director = new Director(lab.host('d1'), lab.directory);
  const start = (conf: string) => {
    director.configure(conf, 'keepalived.conf');
    director.start();
  };
  await mailStory(lab, { start, stop: () => director.stop() }, LIMIT);
});
