/** The part of raw-socket 1.8.1 that is used. `wrap` is its native object: synchronous, non-blocking. */
declare module 'raw-socket' {
  export interface SocketWrap {
    /** Throws an Error with strerror's text; nothing to read is `Resource temporarily unavailable`. */
    recv(buffer: Buffer, received: (buffer: Buffer, bytes: number, source: string) => void): void;
    send(buffer: Buffer, offset: number, length: number, to: string, sent: (bytes: number) => void): void;
  }
  export interface Socket {
    readonly wrap: SocketWrap;
    on(event: 'message', listener: (datagram: Buffer, source: string) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    setOption(level: number, option: number, value: number): void;
    setOption(level: number, option: number, value: Buffer, length: number): void;
    /** No `message` until the other. */
    pauseRecv(): this;
    resumeRecv(): this;
    close(): void;
  }
  export function createSocket(options: {
    addressFamily: 1 | 2;
    protocol: number;
    bufferSize: number;
  }): Socket;
}
