// The newest part of a blob that is being received, in memory: full pieces go to a file, and leave when nobody needs them here.
import { copyInto } from '../../base/bytes.ts';
import { giveBuffer, takeBuffer } from '../../blob-cache/index.ts';

/** A buffer that is filled once, from its first byte on, and may be read by many while it is. */
export class Piece {
  /** Of its first byte within the blob. */
  readonly start: number;
  readonly #buffer = takeBuffer();
  #length = 0;
  /** The window itself, the file that it is written to, and everybody who sends from it. */
  #users = 1;

  constructor(start: number) {
    this.start = start;
  }

  get end(): number {
    return this.start + this.#length;
  }

  get isFull(): boolean {
    return this.#length === this.#buffer.byteLength;
  }

  /** Takes as much of `bytes` as there is room for, and answers how much that is. */
  fill(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, this.#buffer.byteLength - this.#length);
    copyInto(this.#buffer, this.#length, taken);
    this.#length += taken.byteLength;
    return taken.byteLength;
  }

  /** The bytes from one place of the blob to another; never changed until `release`. */
  hold(from: number, to: number): Uint8Array {
    this.#users++;
    return this.#buffer.subarray(from - this.start, to - this.start);
  }

  release(): void {
    if (--this.#users === 0) giveBuffer(this.#buffer);
  }
}

/** Consecutive pieces; the last one is being filled. */
export class Window {
  readonly #pieces: Piece[] = [];

  get size(): number {
    return this.#pieces.length;
  }

  /** What lies before it is in the file alone. */
  get oldest(): Piece | undefined {
    return this.#pieces[0];
  }

  get newest(): Piece | undefined {
    return this.#pieces.at(-1);
  }

  add(start: number): Piece {
    const piece = new Piece(start);
    this.#pieces.push(piece);
    return piece;
  }

  /** The piece that has the byte at `position`. */
  at(position: number): Piece | undefined {
    return this.#pieces.find((piece) => piece.start <= position && position < piece.end);
  }

  dropOldest(): void {
    this.#pieces.shift()?.release();
  }

  clear(): void {
    while (this.size > 0) this.dropOldest();
  }
}
