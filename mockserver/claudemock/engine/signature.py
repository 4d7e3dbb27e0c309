"""Signatures of thinking blocks: opaque to clients, recomputable by the server."""

from base64 import b64encode
from hashlib import blake2b

_HEADER = b"\x12\x10claudemock"  # in base64 it begins with `E`, as every recorded signature does
_LENGTH = 192  # bytes; real signatures are 230 to 600 characters


def sign(model: str, position: int, text: str) -> str:
    """The signature of the thinking block `text` that `model` gave at index `position` of a message."""
    key = f"{model}\0{position}\0{text}".encode(errors="surrogatepass")
    parts = [blake2b(key, digest_size=64, salt=bytes([n])).digest() for n in range(_LENGTH // 64)]
    return b64encode(_HEADER + b"".join(parts)).decode()
