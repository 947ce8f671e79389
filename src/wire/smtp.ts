/** A whole reply (RFC 5321 §4.2), of one line or several. */
export interface SmtpReply {
  /** 200–599 */
  readonly code: number;
  /** Of its last line, of printable ASCII; other bytes are `?`. */
  readonly text: string;
}

/**
 * - `line_long`, `reply_long`: more than a line or a reply may have;
 * - `line`: not three digits with a space, a hyphen or nothing behind them;
 * - `code`: lines of one reply with different codes.
 */
export type SmtpRefusal = 'line_long' | 'reply_long' | 'line' | 'code';

/** Bytes. RFC 5321 §4.5.3.1.5 has 512; servers send more. */
export const SMTP_LIMITS = { line: 2048, reply: 16_384 } as const;

export type SmtpProgress =
  | { readonly at: 'reading' }
  | { readonly at: 'reply'; readonly reply: SmtpReply }
  | { readonly at: 'refused'; readonly because: SmtpRefusal };

const CR = 0x0d;
const LF = 0x0a;

/** Reads the reply to one command from the pieces in which it comes. Total; what follows the reply is not looked at. */
export class SmtpReader {
  #progress: SmtpProgress = { at: 'reading' };
  #line: number[] = [];
  #length = 0;
  #code: string | null = null;

  receive(bytes: Uint8Array): SmtpProgress {
    for (const byte of bytes) {
      if (this.#progress.at !== 'reading') break;
      if (++this.#length > SMTP_LIMITS.reply) this.#refuse('reply_long');
      else if (byte === LF) this.#progress = this.#endLine();
      else if (this.#line.push(byte) > SMTP_LIMITS.line) this.#refuse('line_long');
    }
    return this.#progress;
  }

  #endLine(): SmtpProgress {
    if (this.#line.at(-1) === CR) this.#line.pop();
    const line = this.#line
      .map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?'))
      .join('');
    this.#line = [];
    const found = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line);
    if (found === null) return { at: 'refused', because: 'line' };
    const [, code = '', mark, text = ''] = found;
    if (this.#code !== null && this.#code !== code) return { at: 'refused', because: 'code' };
    this.#code = code;
    return mark === '-' ? { at: 'reading' } : { at: 'reply', reply: { code: Number(code), text } };
  }

  #refuse(because: SmtpRefusal): void {
    this.#progress = { at: 'refused', because };
  }
}

/** `HELO name`; null where the name would break out of its line. */
export function encodeHelo(name: string): Uint8Array | null {
  return /^[\x21-\x7e]+$/.test(name) ? new TextEncoder().encode(`HELO ${name}\r\n`) : null;
}

export const encodeQuit = (): Uint8Array => new TextEncoder().encode('QUIT\r\n');
