"""Everything a request for a message is refused for, and what is known of one that passed."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from claudemock.api.attachments import attach
from claudemock.api.body import parse_json
from claudemock.api.growing import LEAST, Opening
from claudemock.api.replay import betas_of
from claudemock.catalog import Model
from claudemock.engine.attached import NO_FILES, Attached, with_tokens
from claudemock.engine.checks import CheckContext, Checked, Subject, check, check_window
from claudemock.engine.checks.subject import Endpoint
from claudemock.engine.citations import Citable
from claudemock.engine.context_edits import Edited, edited
from claudemock.journal import Exchange
from claudemock.prompt.chain import Earlier, Prompt, read_prompt
from claudemock.wire.errors import not_found
from claudemock.wire.messages import MOST_MESSAGES, MessagesRequest
from claudemock.wire.params import Compact
from claudemock.wire.parse import parse_messages
from claudemock.wire.tokens import CountTokensRequest
from claudemock.world import Scope, World

_CACHING = (b"cache_control", b"diagnostics", b"\\u")  # an escape could spell either word
_FILE = b"file_id"


class Large(NamedTuple):
    """What was read of a large request."""

    messages: list[Any]  # as JSON
    tools: bytes | None  # as JSON; None: there are none, or none that could be compared
    subject: Subject | None  # None: its semantics were not checked
    prompt: Prompt


class Accepted(NamedTuple):
    """A request that passed every check; without `counted` it depends on its bytes, version and betas alone."""

    request: MessagesRequest
    model: Model
    betas: frozenset[str]
    input_tokens: int
    cited: bool
    prompt: Prompt | None  # None: nothing in it can be cached, and nobody asks why not
    whole: Mapping[str, Any] | None = None  # the request a thread's turn stands for; None: it is not of a thread
    large: Large | None = None  # what a request that goes on with this one need not read again
    files: Mapping[str, Attached] = NO_FILES  # the uploaded files it uses
    counted: Mapping[str, Any] | None = None  # the request as tokens are counted; None: as its bytes say
    applied_edits: Sequence[Mapping[str, Any]] = ()  # what its `context_management` cleared
    compact: Compact | None = None  # the compaction that is due


class _Read(NamedTuple):
    """A request of the right shape; its first `kept` messages are those of one that was accepted as `former`."""

    request: MessagesRequest
    data: dict[str, Any]
    betas: frozenset[str]
    whole: Mapping[str, Any] | None = None
    former: Accepted | None = None
    kept: int = 0
    unread: bytes | None = None  # the part of the body that was not accepted with `former`; None: not all is in it
    endpoint: Endpoint = "messages"


def depends_on(exchange: Exchange) -> tuple[str, frozenset[str], str | None]:
    """What besides its body decides whether a request is accepted."""
    return exchange.version, exchange.betas, exchange.header(b"anthropic-beta")


def accept(world: World, place: Scope, exchange: Exchange, endpoint: Endpoint = "messages") -> Accepted:
    """Read and check a request. Raises `ApiError`."""
    data = parse_json(exchange.body)
    betas = betas_of(world, exchange, data)
    request = parse_messages(data, version=exchange.version, betas=betas)
    whole = None
    if request.thread is not None and endpoint == "messages":
        data = whole = place.threads.expand(data, exchange.workspace)
        request = parse_messages(data, version=exchange.version, betas=betas)
    unread = exchange.body if whole is None else None
    return _judge(world, place, exchange, _Read(request, data, betas, whole, unread=unread, endpoint=endpoint))


def go_on(world: World, place: Scope, exchange: Exchange, opening: Opening[Accepted]) -> Accepted | None:
    """As `accept`, reading only what is new in a conversation; None if that does not do."""
    former, kept, data = opening.value, opening.messages, parse_json(opening.rest)
    betas = betas_of(world, exchange, data)
    if former.large is None:
        return None
    same_tools = former.large.tools is not None and former.large.tools == _tools(data)
    unknown = {name: value for name, value in data.items() if name != "tools"} if same_tools else data
    new = parse_messages(unknown, version=exchange.version, betas=betas)
    messages = [*former.request.messages[:kept], *new.messages]
    if betas != former.betas or new.thread is not None or len(messages) > MOST_MESSAGES:
        return None
    if _FILE in opening.rest:
        return None
    data["messages"] = [*former.large.messages[:kept], *data["messages"]]
    tools = former.request.tools if same_tools else new.tools
    request = new.model_copy(update={"messages": messages, "tools": tools})
    return _judge(world, place, exchange, _Read(request, data, betas, None, former, kept, opening.rest))


def _tools(data: Mapping[str, Any]) -> bytes | None:
    """The tools of a request as they are compared: as JSON, where `1`, `1.0` and `true` are three things."""
    try:
        return orjson.dumps(data["tools"]) if "tools" in data else None
    except TypeError:  # nested deeper than it goes
        return None


def find_model(world: World, name: str) -> Model:
    """The model a request names. Raises 404 as the API does for unknown and retired ids."""
    model = world.catalog.resolve(name, world.settings.models)
    if model is None:
        raise not_found(f"model: {name}")
    return model


def _judge(world: World, place: Scope, exchange: Exchange, read: _Read) -> Accepted:
    request = read.request
    model = find_model(world, request.model)
    files = attach(world, place, exchange.workspace, request, read.unread)
    subject = _checked(world, exchange, read, model, files)
    data = with_tokens(read.data, files, world.tokens, model.tokenizer)
    prompt = _prompt(world, exchange, read, data, model)
    input_tokens = prompt.input_tokens if prompt else world.tokens.request(data, model.tokenizer)
    applied: Sequence[Mapping[str, Any]] = ()
    compact = None
    if request.context_management is not None:
        data, input_tokens, applied, compact = edit(world, request, data, model, input_tokens)
        prompt = _prompt(world, exchange, read._replace(former=None), data, model) if applied else prompt
    if world.settings.checks == "full":
        check_window(request, model, input_tokens)
    plain = read.whole is None and not files and not applied and compact is None
    return Accepted(
        request=request,
        model=model,
        betas=read.betas,
        input_tokens=input_tokens,
        cited=_cites(read),
        prompt=prompt if prompt and (prompt.breakpoints or request.diagnostics is not None) else None,
        whole=read.whole,
        large=Large(data["messages"], _tools(data), subject, prompt)
        if plain and prompt and _is_large(exchange, read)
        else None,
        files=files,
        counted=None if plain else data,
        applied_edits=applied,
        compact=compact,
    )


def edit(
    world: World, request: MessagesRequest | CountTokensRequest, data: Mapping[str, Any], model: Model, tokens: int
) -> Edited:
    """The request after the edits of its `context_management`, where they do anything."""
    edits = request.context_management.edits if request.context_management is not None else ()
    return edited(data, edits, tokens, lambda body: world.tokens.request(body, model.tokenizer))


def _is_large(exchange: Exchange, read: _Read) -> bool:
    """Whether the next request may go on with this one; nobody goes on with one of a batch."""
    return len(exchange.body) >= LEAST and read.endpoint == "messages"


def _checked(
    world: World, exchange: Exchange, read: _Read, model: Model, files: Mapping[str, Attached]
) -> Subject | None:
    if world.settings.checks != "full":
        return None
    known = None if read.former is None or read.former.large is None else read.former.large.subject
    context = CheckContext(
        model=model,
        version=exchange.version,
        betas=read.betas,
        endpoint=read.endpoint,
        files=files,
        own_signatures=world.settings.thinking_signatures == "own",
    )
    return check(read.request, context, None if known is None else Checked(known, read.kept))


def _prompt(world: World, exchange: Exchange, read: _Read, data: Mapping[str, Any], model: Model) -> Prompt | None:
    """The canonical prompt, where anybody asks for it: the cache, or the next request of a long conversation."""
    if not _is_large(exchange, read) and not any(word in exchange.body for word in _CACHING):
        return None
    key_betas = read.betas if world.settings.cache_key_includes_betas else frozenset[str]()
    known = None if read.former is None else read.former.large
    earlier = None if known is None else Earlier(known.prompt, read.kept)
    return read_prompt(data, model, world.tokens, world.digests, key_betas=key_betas, earlier=earlier)


def _cites(read: _Read) -> bool:
    """Whether the reply may cite anything. Where it could not before, only what is new is looked at."""
    request = read.request
    if read.former is not None and not read.former.cited:
        request = request.model_copy(update={"messages": request.messages[read.kept :]})
    return any(source.enabled for source in Citable.of(request).all_sources)
