"""The objects of the other endpoints have the keys that clients read."""

from typing import Any

import pytest
from pydantic import ValidationError

from claudemock.wire.base import WireModel
from claudemock.wire.batches import MessageBatch
from claudemock.wire.files import DeletedFile, FileObject, FilePage, OldFilePage
from claudemock.wire.models import ModelInfo, ModelPage

MODEL = {"type": "model", "id": "claude-opus-5", "display_name": "Claude Opus 5", "created_at": "2026-07-24T00:00:00Z"}
FILE = {
    "type": "file",
    "id": "file_01",
    "size_bytes": 3,
    "created_at": "2026-08-02T17:43:56.144000Z",
    "filename": "a.txt",
    "mime_type": "text/plain",
}
BATCH = {
    "id": "msgbatch_01",
    "type": "message_batch",
    "processing_status": "in_progress",
    "request_counts": {"processing": 1, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
    "ended_at": None,
    "created_at": "2026-08-02T17:43:56.144000+00:00",
    "expires_at": "2026-08-03T17:43:56.144000+00:00",
    "cancel_initiated_at": None,
    "results_url": None,
}
ENDS = {"has_more": False, "first_id": None, "last_id": None}


@pytest.mark.parametrize(
    "model, whole",
    [
        (ModelInfo, MODEL),
        (ModelPage, {"data": [MODEL], **ENDS}),
        (FileObject, FILE),
        (FilePage, {"data": [FILE], "next_page": None}),
        (OldFilePage, {"data": [FILE], **ENDS}),
        (DeletedFile, {"id": "file_01", "type": "file_deleted"}),
        (MessageBatch, BATCH),
    ],
)
def test_an_object_has_all_its_keys(model: type[WireModel], whole: dict[str, Any]) -> None:
    """Whole it is accepted, with keys the API may add; without any one of these it is not."""
    assert model.model_validate({**whole, "added_later": 1}).model_extra == {"added_later": 1}
    for key in whole:
        with pytest.raises(ValidationError):
            model.model_validate({name: value for name, value in whole.items() if name != key})
