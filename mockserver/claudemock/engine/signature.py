"""Signatures of thinking blocks, and the data of redacted ones: opaque to clients, read again by the server.

A signature is base64 of::

    0x12, length, MARK, facts, digest, filler, MARK, 0x18 0x01

so it begins with `E`, as every signature does that clients were recorded to send back. As in real ones the model's name
is inside, and the length grows with the thinking. The digest is keyed and covers all facts, filler included.

MARK is how ours are told from those of the real API (recordings, cassettes), which are foreign: nothing can be said of
them, and they pass. It stands at both ends, so that one altered character does not turn one of ours into a foreign one.
The key is the same in every server, so that conversations outlive a restart; it guards against mistakes, not malice.
"""

import struct
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import blake2b, shake_128

_TAG, _END = b"\x12", b"\x18\x01"
_MARK = b"\xc1mock\x90"
_KEY = b"claudemock thinking"
_SHORTEST = 240  # bytes; 320 characters, what real signatures of short thoughts have
_LONGEST = 9_750  # bytes; the longest recorded signature had 13,000 characters
_BYTES_PER_CHARACTER = 0.9  # of thinking, beyond the shortest: what the token estimator expects of a signature
_HEAD = struct.Struct(">BHHB8s4s")
_BOUND = struct.Struct(">4s4s8sH")
_DIGEST = 16  # bytes
_AROUND = 1 + 2 + 2 * len(_MARK) + 2 + _DIGEST + len(_END)  # bytes around facts and filler
_OMITTED, _REDACTED, _IS_BOUND = 1, 2, 4
NONE_BEFORE = bytes(4)


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stood before a thinking block: digests of `system`, `tools` and all content, and of its first blocks.

    `count` is the number of blocks, of which `blocks` has the first few, two bytes each.
    """

    system: bytes
    tools: bytes
    content: bytes
    count: int
    blocks: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a signature says of its block.

    `position` is its number among the `of` thinking blocks of its reply, `text` a digest of the thinking (`digest`),
    `previous` the short digest (`brief`) of the signature before it in the conversation. `omitted`: the client never
    saw the text. `prefix` is None for models that do not bind thinking to the conversation.
    """

    model: str
    position: int
    of: int
    text: bytes
    previous: bytes = NONE_BEFORE
    omitted: bool = False
    redacted: bool = False
    prefix: Prefix | None = None


class AlteredSignature(ValueError):  # noqa: N818 - says what it is
    """One of our signatures that does not verify."""


def digest(text: str) -> bytes:
    """Eight bytes that stand for a thinking block's text."""
    return blake2b(text.encode(errors="surrogatepass"), digest_size=8, key=_KEY).digest()


def brief(signature: str) -> bytes:
    """Four bytes that stand for a signature or redacted data; never `NONE_BEFORE`."""
    return (
        blake2b(signature.encode(errors="surrogatepass"), digest_size=4, key=_KEY)
        .digest()
        .replace(bytes(4), b"\1\1\1\1")
    )


def make(facts: Facts, characters: int) -> str:
    """The signature (of redacted thinking: the data) that says `facts` of a block of so many characters."""
    body = _pack(facts)
    wanted = min(_SHORTEST + int(characters * _BYTES_PER_CHARACTER), _LONGEST)
    return _framed(body, shake_128(_KEY + body).digest(max(0, wanted - len(body) - _AROUND)))


def read(signature: str) -> Facts | None:
    """What one of our signatures says; None if it is foreign. Raises `AlteredSignature` if ours was changed."""
    if not _is_marked(signature[:16]) and not _is_marked(signature[-16:]):
        return None
    try:
        raw = b64decode(signature)
        at = raw.index(_MARK) + len(_MARK)
        length = int.from_bytes(raw[at : at + 2], "big")
        body = raw[at + 2 : at + 2 + length]
        filler = raw[at + 2 + length + _DIGEST : -len(_MARK) - len(_END)]
        facts = _unpack(body)
        # Making it anew covers what a client can do to it in one comparison: facts, digest, filler, frame, base64.
        if _framed(body, filler) == signature:
            return facts
    except (ValueError, IndexError, struct.error):
        pass
    raise AlteredSignature("not as it was made")


def _is_marked(part: str) -> bool:
    try:
        return _MARK in b64decode(part)
    except ValueError:
        return False


def _framed(body: bytes, filler: bytes) -> str:
    filler += bytes(-(len(body) + len(filler) + _AROUND) % 3)  # without padding both ends can be decoded by themselves
    sealed = blake2b(body + filler, digest_size=_DIGEST, key=_KEY).digest()
    inner = b"".join((_MARK, len(body).to_bytes(2, "big"), body, sealed, filler, _MARK))
    return b64encode(_TAG + _varint(len(inner)) + inner + _END).decode()


def _pack(facts: Facts) -> bytes:
    flags = _OMITTED * facts.omitted | _REDACTED * facts.redacted | _IS_BOUND * (facts.prefix is not None)
    name = facts.model.encode(errors="replace")[:255]
    head = _HEAD.pack(flags, facts.position, facts.of, len(name), facts.text, facts.previous)
    if facts.prefix is None:
        return head + name
    prefix = facts.prefix
    count = min(prefix.count, 0xFFFF)
    bound = _BOUND.pack(prefix.system, prefix.tools, prefix.content, count)
    return head + name + bound + prefix.blocks


def _unpack(body: bytes) -> Facts:
    flags, position, of, named, text, previous = _HEAD.unpack_from(body)
    rest = _HEAD.size + named
    prefix = None
    if flags & _IS_BOUND:
        system, tools, content, count = _BOUND.unpack_from(body, rest)
        prefix = Prefix(system, tools, content, count, body[rest + _BOUND.size :])
    return Facts(
        model=body[_HEAD.size : rest].decode(),
        position=position,
        of=of,
        text=text,
        previous=previous,
        omitted=bool(flags & _OMITTED),
        redacted=bool(flags & _REDACTED),
        prefix=prefix,
    )


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)
