import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../base/bytes.ts';
import { err, type Result } from '../base/result.ts';
import { decodeFlowSync, encodeFlowSync, type FlowSyncError, type FlowSyncMessage } from './flow-sync.ts';

/** Bytes of an HMAC-SHA-256, of which the first half is sent (RFC 2104 §5). */
export const FLOW_SYNC_MAC = 16;

/** The key that signs messages, from the secret that directors share: another one than hashes are made with. */
export const flowSyncKey = (secret: Uint8Array): Uint8Array =>
  hmac(sha256, secret, new TextEncoder().encode('lbd flow sync 1'));

/** A message followed by its HMAC. */
export function sealFlowSync(key: Uint8Array, message: FlowSyncMessage): Uint8Array {
  const bytes = encodeFlowSync(message);
  return concatBytes([bytes, macOf(key, bytes)]);
}

/** A message that was sealed with this key. */
export function openFlowSync(
  key: Uint8Array,
  bytes: Uint8Array,
): Result<FlowSyncMessage, FlowSyncError | 'signature'> {
  if (bytes.length <= FLOW_SYNC_MAC) return err('truncated');
  const message = bytes.subarray(0, bytes.length - FLOW_SYNC_MAC);
  if (!isEqual(macOf(key, message), bytes.subarray(message.length))) return err('signature');
  return decodeFlowSync(message);
}

const macOf = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  hmac(sha256, key, bytes).subarray(0, FLOW_SYNC_MAC);

/** Every byte is looked at, so that the time tells nothing about how far a forgery was right. */
const isEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.reduce((difference, byte, i) => difference | (byte ^ (b[i] ?? 0)), a.length ^ b.length) === 0;
