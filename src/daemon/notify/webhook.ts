import { err, ok } from '../../base/result.ts';
import type { WebhookConfig } from '../../model/notify.ts';
import type { Delivery } from './retry.ts';

/** POSTs `body` as JSON. Any answer of 2xx is a success; a redirection is not followed. */
export async function postWebhook({ url, timeout }: WebhookConfig, body: string): Promise<Delivery> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeout} ms`)), timeout);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'lbd' },
      body,
      redirect: 'manual',
      signal: controller.signal,
    });
    await answer.body?.cancel();
    if (answer.ok) return ok('');
    // RFC 9110 §15.5: the request itself is wrong. 408 and 429 ask to come again.
    const isFinal = answer.status < 500 && answer.status !== 408 && answer.status !== 429;
    return err({ message: `the answer was ${answer.status} ${answer.statusText}`.trimEnd(), isFinal });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    return err({ message: cause, isFinal: false });
  } finally {
    clearTimeout(timer);
  }
}

/** What may be shown of the address: its path and query often are the secret. */
export const showWebhook = ({ url }: WebhookConfig): string =>
  URL.canParse(url) ? new URL(url).origin : 'webhook';
