/** Images and files: what goes up is what was written, what comes down is whole, and each failure says whether to try again. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { HostError, definePlugin, json, media } from "../src/index.ts";
import { FakeHost, failure, handle, rejection } from "../src/testing/index.ts";

const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => at % 251);

test("an image is uploaded, and a file with its name, type and length", () => {
  const host = new FakeHost();
  assert.equal(media.uploadImage(bytes(3)), "img_v3_1");
  assert.equal(media.uploadFile("mp4", "film.mp4", bytes(600_000), { durationMs: 1500 }), "file_v3_2");
  const [image, file] = host.uploads;
  assert.deepEqual(image?.content, { image: "message" });
  assert.deepEqual(file?.content, { file: "mp4", name: "film.mp4", durationMs: 1500 });
  // More than one piece.
  assert.deepEqual(file?.bytes, bytes(600_000));
});

test("what a message holds is passed on piece by piece", () => {
  const host = new FakeHost().setResource("om_1", "file_1", bytes(5_000));
  const film = media.open({ messageId: "om_1", fileKey: "file_1", kind: "file" });
  assert.deepEqual([film.size, film.contentType], [5_000, "application/octet-stream"]);
  const upload = media.begin({ file: "stream", name: "copy.bin" }, film.size ?? 0);
  let pieces = 0;
  for (const part of film.parts()) {
    upload.write(part);
    pieces += 1;
  }
  assert.equal(upload.finish(), "file_v3_1");
  assert.ok(pieces > 1);
  assert.deepEqual(media.download({ uploadedFileKey: "file_v3_1" }, 5_000), bytes(5_000));
  assert.equal(host.uploads.length, 1);
  assert.throws(() => upload.finish(), /has ended already/);
});

test("a download that is larger than was asked for is an error, and so are an empty and an unfinished upload", () => {
  const host = new FakeHost().setResource("om_1", "img_1", bytes(2_000));
  const photo = { messageId: "om_1", fileKey: "img_1", kind: "image" } as const;
  assert.throws(() => media.download(photo, 1_999), { code: "refused", retry: null });
  assert.throws(() => media.uploadImage(bytes(0)), /no empty one/);
  const upload = media.begin({ image: "message" }, 10);
  upload.write(bytes(9));
  assert.throws(() => upload.finish(), /10 bytes, and 9 were written/);
  assert.equal(host.uploads.length, 0);
});

test("Lark's refusal is permanent with its code, and a busy Lark a retry", async () => {
  const plugin = definePlugin({
    events: { "card.action.trigger": () => json({ key: media.uploadImage(bytes(3)) }) },
  });
  new FakeHost().failMedia(rejection(234_006, "The file size exceed the max value."), failure("retry", "busy", 2_000));
  const refused = await handle(plugin, "card.action.trigger", {}, { fails: true });
  assert.match(refused.failure?.message ?? "", /code 234006.*exceed the max value/);
  assert.equal(refused.failure?.retry, null);
  const busy = await handle(plugin, "card.action.trigger", {}, { fails: true });
  assert.equal(busy.failure?.retry?.afterMs, 2_000);
  assert.deepEqual((await handle(plugin, "card.action.trigger", {})).reply, { key: "img_v3_1" });
  const unknown = { messageId: "om_1", fileKey: "img_9", kind: "image" } as const;
  assert.throws(
    () => media.download(unknown, 10),
    (error) => error instanceof HostError && error instanceof media.MediaRejected && error.larkCode === 234_003,
  );
});
