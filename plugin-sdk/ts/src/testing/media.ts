/** Uploads and downloads of a fake host: what is uploaded is kept, and what is downloaded a test sets. */

import type { Content } from "../media.ts";

/** Lark's limits. */
const IMAGE_BYTES_MAX = 10 * 1024 * 1024;
const FILE_BYTES_MAX = 30 * 1024 * 1024;

/** Pieces of a download, small so that a plugin that takes the first for all is found out. */
const PIECE_BYTES = 1024;

/** An upload that is complete. */
export interface Uploaded {
  content: Content;
  bytes: Uint8Array;
  /** The key that it was given. */
  key: string;
}

function crossing(tag: string, val: unknown): Error {
  return Object.assign(new Error(tag), { payload: { tag, val } });
}

/** The simulated files. */
export class FakeMedia {
  readonly uploads: Uploaded[] = [];
  readonly failures: Error[] = [];
  #resources = new Map<string, Uint8Array>();

  put(messageId: string, fileKey: string, bytes: Uint8Array): void {
    this.#resources.set(`${messageId} ${fileKey}`, bytes);
  }

  beginUpload(content: BorderContent, size: number): BorderUpload {
    const bytesMax = content.tag === "image" ? IMAGE_BYTES_MAX : FILE_BYTES_MAX;
    if (size === 0) {
      throw crossing("refused", "it has no bytes, and Lark takes no empty one");
    }
    if (size > bytesMax) {
      throw crossing("refused", `it has ${size} bytes; Lark's limit is ${bytesMax}`);
    }
    this.#fail();
    const written: number[] = [];
    const announced = `the upload was announced with ${size} bytes`;
    return {
      write: (chunk: Uint8Array): void => {
        for (const byte of chunk) {
          written.push(byte);
        }
        if (written.length > size) {
          throw crossing("refused", `${announced}, and more were written`);
        }
      },
      finish: (): string => {
        if (written.length !== size) {
          throw crossing("refused", `${announced}, and ${written.length} were written`);
        }
        const key = `${content.tag === "image" ? "img" : "file"}_v3_${this.uploads.length + 1}`;
        this.uploads.push({ content: asContent(content), bytes: Uint8Array.from(written), key });
        return key;
      },
    };
  }

  openDownload(source: BorderSource): BorderDownload {
    this.#fail();
    const bytes =
      source.tag === "message"
        ? this.#resources.get(`${source.val.messageId} ${source.val.fileKey}`)
        : this.uploads.find(({ key }) => key === source.val)?.bytes;
    if (bytes === undefined) {
      throw crossing("rejected", { status: 400, code: 234_003, msg: "File not in msg.", logId: null });
    }
    let at = 0;
    return {
      size: (): number => bytes.length,
      contentType: (): string => "application/octet-stream",
      read: (bytesMax: number): Uint8Array => {
        const part = bytes.slice(at, at + Math.min(bytesMax, PIECE_BYTES));
        at += part.length;
        return part;
      },
    };
  }

  #fail(): void {
    const error = this.failures.shift();
    if (error !== undefined) {
      throw error;
    }
  }
}

function asContent(content: BorderContent): Content {
  if (content.tag === "image") {
    return { image: content.val as "message" | "avatar" };
  }
  const { fileType, name, durationMs } = content.val;
  return { file: fileType as "stream", name, ...(durationMs !== null && { durationMs }) };
}
