/** The part of raw-socket 1.8.1 that is used. `wrap` is its native object: synchronous, non-blocking. */
declare module 'raw-socket' {
  export interface SocketWrap {
    /** Datagrams wait. The package itself listens twice, and reads two. */
    on(event: 'recvReady', listener: () => void): this;
    removeAllListeners(event: 'recvReady'): this;
    /** Throws an Error with strerror's text. */
    send(buffer: Buffer, offset: number, length: number, to: string, sent: (bytes: number) => void): void;
  }
  export interface Socket {
    readonly wrap: SocketWrap;
    on(event: 'error', listener: (error: Error) => void): this;
    setOption(level: number, option: number, value: number): void;
    setOption(level: number, option: number, value: Buffer, length: number): void;
    /** No `recvReady` until the other. */
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
