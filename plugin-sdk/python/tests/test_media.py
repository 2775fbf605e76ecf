"""Images and files: what goes up is what was written, what comes down is whole, and each failure says whether to try again."""

import pytest
from lark_plugin import HostError, Plugin, Rejected, json_reply, media
from lark_plugin.testing import FakeHost, failure, rejection


def content(length):
    return bytes(at % 251 for at in range(length))


def test_an_image_is_uploaded_and_a_file_with_its_name_type_and_length():
    host = FakeHost()
    assert media.upload_image(content(3)) == "img_v3_1"
    assert media.upload_file("mp4", "film.mp4", content(600_000), duration_ms=1500) == "file_v3_2"
    image, film = host.uploads
    assert (image.kind, image.name) == ("image", "message")
    assert (film.kind, film.name, film.duration_ms) == ("mp4", "film.mp4", 1500)
    # More than one piece.
    assert film.content == content(600_000)


def test_what_a_message_holds_is_passed_on_piece_by_piece():
    host = FakeHost().set_resource("om_1", "file_1", content(5_000))
    film = media.open(media.in_message("om_1", "file_1", "file"))
    assert (film.size, film.content_type) == (5_000, "application/octet-stream")
    upload = media.begin(media.file("stream", "copy.bin"), film.size)
    pieces = [upload.write(part) for part in film.parts()]
    assert len(pieces) > 1
    assert upload.finish() == "file_v3_1"
    assert media.download(media.uploaded_file("file_v3_1"), 5_000) == content(5_000)
    assert len(host.uploads) == 1
    with pytest.raises(HostError, match="has ended already"):
        upload.finish()


def test_a_download_that_is_too_large_is_an_error_and_so_are_an_empty_and_an_unfinished_upload():
    host = FakeHost().set_resource("om_1", "img_1", content(2_000))
    photo = media.in_message("om_1", "img_1", "image")
    with pytest.raises(HostError, match="more than 1999 bytes") as large:
        media.download(photo, 1_999)
    assert (large.value.code, large.value.again) == ("refused", False)
    with pytest.raises(HostError, match="no empty one"):
        media.upload_image(b"")
    upload = media.begin(media.image(), 10)
    upload.write(content(9))
    with pytest.raises(HostError, match="10 bytes, and 9 were written"):
        upload.finish()
    assert host.uploads == []


def test_larks_refusal_is_permanent_with_its_code_and_a_busy_lark_a_retry():
    plugin = Plugin()

    @plugin.on("card.action.trigger")
    def clicked(event):
        return json_reply({"key": media.upload_image(content(3))})

    host = FakeHost().fail_media(rejection(234_006, "The file size exceed the max value."), failure("retry", "busy", 2_000))
    refused = host.handle(plugin, "card.action.trigger", {}, fails=True).failure
    assert "code 234006" in refused.message and "exceed the max value" in refused.message
    assert not refused.again
    busy = host.handle(plugin, "card.action.trigger", {}, fails=True).failure
    assert (busy.again, busy.after_ms) == (True, 2_000)
    assert host.handle(plugin, "card.action.trigger", {}).reply == {"key": "img_v3_1"}
    with pytest.raises(Rejected) as absent:
        media.download(media.in_message("om_1", "img_9", "image"), 10)
    assert absent.value.lark_code == 234_003
