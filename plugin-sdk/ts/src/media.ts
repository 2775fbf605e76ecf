/**
 * Images and files as bytes: uploads to Lark, and downloads of what a message holds. The operator grants each call under
 * `openapi`; Lark takes images of up to 10 MB and files of up to 30 MB, and no empty ones.
 */

import border from "lark-callback:plugin/media@0.1.0";

import { MEDIA } from "./cases.ts";
import { HostError, ask, crossed } from "./failure.ts";

/** The bytes of one crossing to the host, whose size is limited. */
const PIECE_BYTES = 256 * 1024;

/** The purpose of an image: messages and cards, or avatars. */
export type ImageType = "message" | "avatar";

/** The type of a file, by which Lark shows it; `stream` for anything else. */
export type FileType = "opus" | "mp4" | "pdf" | "doc" | "xls" | "ppt" | "stream";

/** What is uploaded. `name` is what people see, with its extension; `durationMs` the length of audio or video. */
export type Content = { image: ImageType } | { file: FileType; name: string; durationMs?: number };

/** What is downloaded: what a message holds, or what this application itself has uploaded. */
export type Source =
  | { messageId: string; fileKey: string; kind: "image" | "file" }
  | { imageKey: string }
  | { uploadedFileKey: string };

export interface MediaOptions {
  /** The tenant in which a store application acts; the one of the current event when absent. */
  tenantKey?: string;
}

/** An answer of Lark's with a `code` other than 0. */
export class MediaRejected extends HostError {
  override name = "MediaRejected";

  constructor(
    readonly status: number,
    /** Lark's error code. */
    readonly larkCode: number,
    readonly logId: string | null,
    msg: string,
  ) {
    super("rejected", `Lark answered with code ${larkCode} (status ${status}, log id ${logId ?? "-"}): ${msg}`, null);
  }
}

/** An upload under way, whose bytes are sent on as they are written. Without `finish`, Lark keeps nothing. */
export class Upload {
  #upload: BorderUpload | undefined;

  /** Made by `begin`. */
  constructor(upload: BorderUpload) {
    this.#upload = upload;
  }

  /** Sends the next bytes; waits while Lark takes them more slowly than they are written. */
  write(bytes: Uint8Array): void {
    const upload = this.#open();
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      asked(() => upload.write(bytes.subarray(at, at + PIECE_BYTES)));
    }
  }

  /** Ends the upload, after all its bytes were written, and returns its `image_key` or `file_key`. */
  finish(): string {
    const upload = this.#open();
    try {
      return asked(() => upload.finish());
    } finally {
      this.abort();
    }
  }

  /** Breaks the upload off. */
  abort(): void {
    this.#upload?.[Symbol.dispose]?.();
    this.#upload = undefined;
  }

  #open(): BorderUpload {
    if (this.#upload === undefined) {
      throw new HostError("refused", "the upload has ended already", null);
    }
    return this.#upload;
  }
}

/** A download under way. */
export class Download {
  /** In bytes, if Lark tells it. */
  readonly size: number | undefined;
  /** The media type, if Lark tells it. */
  readonly contentType: string | undefined;
  #download: BorderDownload | undefined;

  /** Made by `open`. */
  constructor(download: BorderDownload) {
    const size = download.size();
    this.size = size === null || size === undefined ? undefined : Number(size);
    this.contentType = download.contentType() ?? undefined;
    this.#download = download;
  }

  /** Waits for more and returns it as it comes; nothing at the end. One that breaks off throws, and never looks complete. */
  read(): Uint8Array {
    const download = this.#download;
    if (download === undefined) {
      return new Uint8Array(0);
    }
    const part = Uint8Array.from(asked(() => download.read(PIECE_BYTES)));
    if (part.length === 0) {
      this.close();
    }
    return part;
  }

  /** Closes the download, whose rest is not needed. */
  close(): void {
    this.#download?.[Symbol.dispose]?.();
    this.#download = undefined;
  }

  /** The bytes in parts, as they come. */
  *parts(): Generator<Uint8Array, void> {
    try {
      for (let part = this.read(); part.length > 0; part = this.read()) {
        yield part;
      }
    } finally {
      this.close();
    }
  }

  /** The rest, of at most so many bytes; more is an error. */
  bytes(bytesMax: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let length = 0;
    const check = (bytes: number): void => {
      if (bytes > bytesMax) {
        this.close();
        throw new HostError("refused", `the download has more than ${bytesMax} bytes`, null);
      }
    };
    check(this.size ?? 0);
    for (const part of this.parts()) {
      length += part.length;
      check(length);
      parts.push(part);
    }
    const whole = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

/** Uploads an image and returns its `image_key`. */
export function uploadImage(bytes: Uint8Array, options: MediaOptions & { type?: ImageType } = {}): string {
  return uploaded({ image: options.type ?? "message" }, bytes, options);
}

/** Uploads a file and returns its `file_key`. */
export function uploadFile(
  type: FileType,
  name: string,
  bytes: Uint8Array,
  options: MediaOptions & { durationMs?: number } = {},
): string {
  const { durationMs } = options;
  return uploaded({ file: type, name, ...(durationMs !== undefined && { durationMs }) }, bytes, options);
}

/** Begins an upload of exactly `size` bytes: for what is larger than the plugin's memory. */
export function begin(content: Content, size: number, options: MediaOptions = {}): Upload {
  const what: BorderContent =
    "image" in content
      ? { tag: "image", val: content.image }
      : { tag: "file", val: { fileType: content.file, name: content.name, durationMs: content.durationMs ?? null } };
  return new Upload(asked(() => border.beginUpload(what, size, attributes(options))));
}

/** Downloads at most so many bytes; a larger one is an error. */
export function download(source: Source, bytesMax: number, options: MediaOptions = {}): Uint8Array {
  return open(source, options).bytes(bytesMax);
}

/** Opens a download, which is read as it comes. */
export function open(source: Source, options: MediaOptions = {}): Download {
  let what: BorderSource;
  if ("messageId" in source) {
    what = { tag: "message", val: { messageId: source.messageId, fileKey: source.fileKey, kind: source.kind } };
  } else if ("imageKey" in source) {
    what = { tag: "image", val: source.imageKey };
  } else {
    what = { tag: "file", val: source.uploadedFileKey };
  }
  return new Download(asked(() => border.openDownload(what, attributes(options))));
}

function uploaded(content: Content, bytes: Uint8Array, options: MediaOptions): string {
  const upload = begin(content, bytes.length, options);
  try {
    upload.write(bytes);
    return upload.finish();
  } finally {
    upload.abort();
  }
}

function attributes({ tenantKey }: MediaOptions): Pairs {
  return tenantKey === undefined ? [] : [["tenant-key", tenantKey]];
}

function asked<T>(call: () => T): T {
  return ask(MEDIA, () => {
    try {
      return call();
    } catch (error) {
      const { val } = crossed(error) ?? {};
      if (typeof val === "object" && "code" in val) {
        throw new MediaRejected(val.status, Number(val.code), val.logId ?? null, val.msg);
      }
      throw error;
    }
  });
}
