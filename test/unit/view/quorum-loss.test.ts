import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showQuorumLoss } from '../../../src/view/quorum-loss.ts';
import { serverConfig } from '../daemon/check-world.ts';

test('showQuorumLoss says what becomes of other servers, who serves, and how to avoid it', () => {
  const { key } = serverConfig('10.0.0.2');
  const sorryServer = serverConfig('10.0.0.9').key;
  const loss = { service: 'web', live: 1, needed: 2, sorryServer, leaving: [key], cut: 3 };
  const lost = 'web loses its quorum by this order: its servers that are up weigh 1, and 2 is needed';
  const avoid = 'lbctl ready takes it back; to avoid that, add a server or lower the quorum before';
  assert.equal(
    showQuorumLoss(loss),
    `${lost}; for want of it 10.0.0.2:80 leaves the table and 3 active connections end; sorry server 10.0.0.9:80 takes new connections; ${avoid}`,
  );
  assert.equal(
    showQuorumLoss({ ...loss, sorryServer: null, leaving: [], cut: 0 }),
    `${lost}; its other servers stay in the table and take new connections, for it has no sorry server, but who is notified of it is told that it is down; ${avoid}`,
  );
});
