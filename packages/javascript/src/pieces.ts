/** How much there is of content, whatever it is. */
import type { Pieces } from "./host.js";

/** Pieces that say how many bytes each of them has. */
export function countPieces(pieces: Pieces, took: (bytes: number) => void): Pieces {
  return {
    async read() {
      const next = await pieces.read();
      if (next.value) took(next.value.length);
      return next;
    },
    cancel: (reason) => pieces.cancel(reason),
  };
}

/** Bytes of content, where it says so itself. */
export function sizeOf(content: any): number | undefined {
  return typeof content == "string" ? utf8Length(content) : (content?.byteLength ?? content?.size);
}

/** Bytes of a text as UTF-8. */
function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}
