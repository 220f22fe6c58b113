// Which connection the HTTP parser works on at this moment, and what it may keep of the bytes that it reads.

export interface Reading {
  /** While a head is read, the parser keeps parts of it until the head is whole; they are copied out of the buffer. */
  inHead: boolean;
}

let parsing: Reading | undefined;

/** Called whenever the parser takes bytes. */
export function nowParsing(reading: Reading): void {
  parsing = reading;
}

/**
 * The connection that the parser took bytes from last. Only meaningful when it is called by the parser, and for connections made
 * by our own connectors: reading and parsing are one synchronous step.
 */
export function currentReading(): Reading | undefined {
  return parsing;
}
