"""claudemock: an offline, faithful mock of the Claude API.

    import claudemock

    with claudemock.serve() as server:
        server.reply("Hello!")
        ...  # any client with base_url=server.base_url

Names load on first use, so that importing the package costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claudemock.control.client import MockServer
    from claudemock.script.parts import refusal, text, thinking, tool_use
    from claudemock.serving import serve

__all__ = ["MockServer", "refusal", "serve", "text", "thinking", "tool_use"]


def __getattr__(name: str) -> Any:
    if name in ("refusal", "text", "thinking", "tool_use"):
        from claudemock.script import parts

        return getattr(parts, name)
    if name == "serve":
        from claudemock.serving import serve

        return serve
    if name == "MockServer":
        from claudemock.control.client import MockServer

        return MockServer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
