"""A scope's exchanges read as what happened: conversations, attempts, batches, files."""

from claudemock_contracts.transcript.attempts import Chain, Gap, LogicalCall
from claudemock_contracts.transcript.batches import Batch
from claudemock_contracts.transcript.build import Transcript, read_transcript
from claudemock_contracts.transcript.call import Call
from claudemock_contracts.transcript.files import File
from claudemock_contracts.transcript.history import Part, Turn, kind_of, parts_of, role_of, turns
from claudemock_contracts.transcript.lineage import Lineage
from claudemock_contracts.transcript.prompts import Prompts
from claudemock_contracts.transcript.served import Refused, Served

__all__ = [
    "Batch",
    "Call",
    "Chain",
    "File",
    "Gap",
    "Lineage",
    "LogicalCall",
    "Part",
    "Prompts",
    "Refused",
    "Served",
    "Transcript",
    "Turn",
    "kind_of",
    "parts_of",
    "read_transcript",
    "role_of",
    "turns",
]
