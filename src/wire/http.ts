import { HTTP_TOKEN } from './http-request.ts';

/** Why an answer is none. */
export type HttpRefusal =
  | 'status_line'
  | 'status_line_long'
  | 'header'
  | 'headers_long'
  | 'length'
  | 'transfer_encoding'
  | 'chunk'
  | 'body_long'
  | 'interim'
  | 'cut_off';

/** Bytes. The limits are on what is held, or read, of one answer. */
export const HTTP_LIMITS = {
  statusLine: 4096,
  headers: 16_384,
  chunkLine: 1024,
  /** The body and what frames it. */
  body: 4 * 1024 * 1024,
  /** Answers of 1xx in front of the one that counts. */
  interim: 10,
} as const;

export type HttpProgress =
  | { readonly at: 'reading' }
  | { readonly at: 'complete' }
  | { readonly at: 'refused'; readonly because: HttpRefusal };

type Part = 'status' | 'headers' | 'body' | 'chunkSize' | 'chunk' | 'chunkEnd' | 'trailers';

const READING: HttpProgress = { at: 'reading' };
const COMPLETE: HttpProgress = { at: 'complete' };
const CR = 0x0d;
const LF = 0x0a;

/**
 * Reads one answer from the pieces in which it comes (RFC 9112 §4–7) and holds no more than a line of it; the body is
 * handed on. Total. Lines may end with a bare line feed. What follows a complete answer is not looked at.
 */
export class HttpReader {
  readonly #method: string;
  readonly #onBody: (bytes: Uint8Array) => void;
  #progress: HttpProgress = READING;
  #part: Part = 'status';
  #line: number[] = [];
  #statusRead: number | null = null;
  #headerBytes = 0;
  #bodyBytes = 0;
  #interim = 0;
  #length: number | null = null;
  #codings: string[] = [];
  /** Of the body or the chunk; infinite for a body until the connection closes. */
  #left = 0;

  constructor(method: string, onBody: (bytes: Uint8Array) => void) {
    this.#method = method;
    this.#onBody = onBody;
  }

  /** 100–999, of the answer that counts; null before its headers have ended. */
  get status(): number | null {
    return this.#part === 'status' || this.#part === 'headers' ? null : this.#statusRead;
  }

  receive(bytes: Uint8Array): HttpProgress {
    let at = 0;
    while (at < bytes.length && this.#progress.at === 'reading') {
      if (this.#part === 'body' || this.#part === 'chunk') {
        const taken = bytes.subarray(at, at + this.#left);
        at += taken.length;
        this.#refuse(this.#takeBody(taken));
      } else {
        const end = bytes.indexOf(LF, at);
        const to = end < 0 ? bytes.length : end + 1;
        this.#refuse(this.#takeLine(bytes.subarray(at, to), end >= 0));
        at = to;
      }
    }
    return this.#progress;
  }

  /** The server has closed its side. */
  end(): HttpProgress {
    if (this.#progress.at !== 'reading') return this.#progress;
    const isUntilClose = this.#part === 'body' && this.#left === Number.POSITIVE_INFINITY;
    this.#progress = isUntilClose ? COMPLETE : { at: 'refused', because: 'cut_off' };
    return this.#progress;
  }

  #takeBody(bytes: Uint8Array): HttpRefusal | null {
    const tooLong = this.#countBody(bytes.length);
    if (tooLong !== null) return tooLong;
    this.#left -= bytes.length;
    this.#onBody(bytes);
    if (this.#left > 0) return null;
    if (this.#part === 'chunk') this.#part = 'chunkEnd';
    else this.#progress = COMPLETE;
    return null;
  }

  #takeLine(bytes: Uint8Array, isWhole: boolean): HttpRefusal | null {
    const tooLong = this.#countLine(bytes.length);
    if (tooLong !== null) return tooLong;
    for (const byte of bytes) this.#line.push(byte);
    if (!isWhole) return null;
    this.#line.pop();
    if (this.#line.at(-1) === CR) this.#line.pop();
    const line = String.fromCharCode(...this.#line);
    this.#line = [];
    return this.#readLine(line);
  }

  #countLine(length: number): HttpRefusal | null {
    switch (this.#part) {
      case 'status':
        return this.#line.length + length > HTTP_LIMITS.statusLine ? 'status_line_long' : null;
      case 'headers':
      case 'trailers':
        this.#headerBytes += length;
        return this.#headerBytes > HTTP_LIMITS.headers ? 'headers_long' : null;
      default:
        return this.#line.length + length > HTTP_LIMITS.chunkLine ? 'chunk' : this.#countBody(length);
    }
  }

  #countBody(length: number): HttpRefusal | null {
    this.#bodyBytes += length;
    return this.#bodyBytes > HTTP_LIMITS.body ? 'body_long' : null;
  }

  #readLine(line: string): HttpRefusal | null {
    switch (this.#part) {
      case 'status':
        return this.#readStatus(line);
      case 'headers':
        return line === '' ? this.#endHeaders() : this.#readHeader(line);
      case 'trailers':
        if (line === '') this.#progress = COMPLETE;
        return null;
      case 'chunkSize':
        return this.#readChunkSize(line);
      default:
        this.#part = 'chunkSize';
        return line === '' ? null : 'chunk';
    }
  }

  #readStatus(line: string): HttpRefusal | null {
    const found = /^HTTP\/1\.\d ([1-9]\d\d)(?: |$)/.exec(line);
    if (found === null) return 'status_line';
    this.#statusRead = Number(found[1]);
    this.#part = 'headers';
    return null;
  }

  #readHeader(line: string): HttpRefusal | null {
    // A folded line belongs to the one before (RFC 9112 §5.2); those that are read here are never folded.
    if (/^[ \t]/.test(line)) return null;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (colon < 0 || !HTTP_TOKEN.test(name)) return 'header';
    const value = line.slice(colon + 1).trim();
    if (name === 'transfer-encoding') {
      this.#codings.push(...value.toLowerCase().split(/\s*,\s*/));
    } else if (name === 'content-length') {
      const length = /^\d{1,15}$/.test(value) ? Number(value) : null;
      if (length === null || (this.#length !== null && this.#length !== length)) return 'length';
      this.#length = length;
    }
    return null;
  }

  #endHeaders(): HttpRefusal | null {
    const status = this.#statusRead ?? 0;
    // Nobody asked for another protocol, so 101 is as final as it is wrong.
    if (status < 200 && status !== 101) return this.#skipInterim();
    const codings = this.#codings.filter((coding) => coding !== 'identity');
    if (this.#method === 'HEAD' || status === 101 || status === 204 || status === 304) this.#expectBody(0);
    else if (codings.length === 0) return this.#expectBody(this.#length);
    else if (codings.join() === 'chunked') this.#part = 'chunkSize';
    else return 'transfer_encoding';
    return null;
  }

  /** RFC 9112 §6.3; null is until the connection closes. */
  #expectBody(length: number | null): HttpRefusal | null {
    this.#part = 'body';
    this.#left = length ?? Number.POSITIVE_INFINITY;
    if (length === 0) this.#progress = COMPLETE;
    return length !== null && length > HTTP_LIMITS.body ? 'body_long' : null;
  }

  #skipInterim(): HttpRefusal | null {
    this.#part = 'status';
    this.#length = null;
    this.#codings = [];
    return ++this.#interim > HTTP_LIMITS.interim ? 'interim' : null;
  }

  #readChunkSize(line: string): HttpRefusal | null {
    const found = /^([0-9A-Fa-f]{1,8})[ \t]*(?:;|$)/.exec(line);
    if (found === null) return 'chunk';
    this.#left = Number.parseInt(found[1] ?? '', 16);
    this.#part = this.#left === 0 ? 'trailers' : 'chunk';
    return this.#left > HTTP_LIMITS.body ? 'body_long' : null;
  }

  #refuse(because: HttpRefusal | null): void {
    if (because !== null) this.#progress = { at: 'refused', because };
  }
}
