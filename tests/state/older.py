"""State files as earlier versions of the schema had them, made anew: who opens one finds all that was in it.

Whoever adds a migration adds here what it changes: the records of the version before stay as that version wrote them.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from claudemock.store.migrations import migrate, shipped_migrations

_BATCH = (
    b'{"id":"msgbatch_old","scope":"default","workspace":"default","workspace_id":null,"created_at":1795482642.25,'
    b'"count":1,"items":"254ff76cf145909b","slices":1,"seed":"1afcd81f2dd6a236adaa4a5bc7f70ccf",'
    b'"version":"2023-06-01","betas":[],"headers":{"host":"127.0.0.1:8787"},"plan":{"duration":60.0,"errored":0,'
    b'"expired":0,"canceled":0,"error":null,"requests":[],"order":"shuffled","not_found":0,"script":null},"hidden":0,'
    b'"cancel_at":null,"closing":null,"next":0,"counts":[0,0,0,0],"size":0}'
)
_FILE = (
    b'{"id":"file_old","number":1,"workspace":"default","filename":"a.txt","mime_type":"text/plain","size":4,'
    b'"digest":"8cc39ac9c664b3691c9d12d36ae55577","created_at":1795482642.25,"expires_at":null,"downloadable":true}'
)
_LINE = '["default", "default", "claude-opus-4-8"]'

_INSERT = """
INSERT INTO record (shelf, key, version, value)
SELECT id, ?, 1, ? FROM shelf WHERE scope = ? AND kind = ?"""

Records = Mapping[tuple[str, str, str], bytes]  # by scope, kind and key
_FIRST: Records = {
    ("default", "clock", "clock"): b"[0.0,1795482650.0]",
    ("default", "reply/number", "reply/number"): b"",
    ("default", "reply/state", "reply/state"): b"true",
    ("default", "reply/queue", "reply_1"): b'{"text":"kept"}',
    ("default", "reply/rule", "reply_2"): b'{"text":"a rule","match":{"contains":"rule"}}',
    ("default", "batch_item/254ff76cf145909b", "0"): b"0\na {}\n",
    ("default", "batch", "msgbatch_old"): _BATCH,
    ("default", "file", "file_old"): _FILE,
    ("", "blob", "file_old"): b"",
    ("default", "file_totals", ""): b"4 1",
    ("", "cost", _LINE): b"[1,0,[7,0,0,0,3],[35000000,0,0,0,75000000,110000000]]",
}
RECORDS: Mapping[int, Records] = {
    1: _FIRST,
    2: {**_FIRST, ("", "cost", _LINE): b"[1,0,[7,0,0,0,3],[35000000,0,0,0,75000000,110000000,0]]"},
}
"""What a server of each version left, by the number of its schema."""


def write(path: Path, version: int) -> None:
    """Make the state file of an earlier version, and the file it knows."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, shipped_migrations()[:version])
        for (scope, kind, key), value in RECORDS[version].items():
            connection.execute("INSERT OR IGNORE INTO shelf (scope, kind) VALUES (?, ?)", (scope, kind))
            connection.execute(_INSERT, (key, value, scope, kind))
    contents = path.with_name(path.name + ".files")
    contents.mkdir()
    (contents / "file_old").write_bytes(b"kept")
