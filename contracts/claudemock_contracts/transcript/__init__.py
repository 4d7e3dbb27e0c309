"""A scope's exchanges read as what happened: conversations, attempts, batches, files."""

from claudemock_contracts.transcript.attempts import Chain, Gap, LogicalCall, Tally
from claudemock_contracts.transcript.batches import Batch
from claudemock_contracts.transcript.build import Transcript, read_transcript
from claudemock_contracts.transcript.call import Call
from claudemock_contracts.transcript.files import File
from claudemock_contracts.transcript.history import Part, Turn, kind_of, named, parts_of, role_of, turns
from claudemock_contracts.transcript.lineage import Lineage
from claudemock_contracts.transcript.prompts import Prompts
from claudemock_contracts.transcript.rendered import Change, rewritten
from claudemock_contracts.transcript.reworked import Reworked, worked_again
from claudemock_contracts.transcript.served import Refused, Served
from claudemock_contracts.transcript.told import Pauses, Told, Wait, told_wait

__all__ = [
    "Batch",
    "Call",
    "Chain",
    "Change",
    "File",
    "Gap",
    "Lineage",
    "LogicalCall",
    "Part",
    "Pauses",
    "Prompts",
    "Refused",
    "Reworked",
    "Served",
    "Tally",
    "Told",
    "Transcript",
    "Turn",
    "Wait",
    "kind_of",
    "named",
    "parts_of",
    "read_transcript",
    "rewritten",
    "role_of",
    "told_wait",
    "turns",
    "worked_again",
]
