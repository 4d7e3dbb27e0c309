"""What is to be said about one test: findings of the contracts, and problems of the test itself."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from claudemock_contracts.exchange import Exchange, from_journal
from claudemock_contracts.finding import clean, fragment
from claudemock_contracts.plugin.guard import Sent
from claudemock_contracts.plugin.options import Options
from claudemock_contracts.report.model import Json
from claudemock_contracts.run import Report

_MESSAGES = "/v1/messages"
_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All there is to say. `report` is the contracts', `problems` are `{kind, severity, text, fix}`."""

    report: Report
    problems: Sequence[Json] = ()
    raw: Sequence[Json] = ()
    exchanges: Sequence[Exchange] = ()

    def failing(self, options: Options, mode: str) -> tuple[list[Json], list[Json]]:
        """The findings and problems that fail the test."""
        grave = ("error", "warning") if options.strict else ("error",)
        findings = [] if mode != "error" else [each for each in self.report.findings if each.severity in grave]
        return [each.to_json() for each in findings], [each for each in self.problems if each["severity"] in grave]


def exchanges_of(raw: Iterable[Mapping[str, Any]], test: str, sent: Iterable[Sent]) -> list[Exchange]:
    """The exchanges as the judges see them, with the lines of the user's code that made them."""
    by_port: defaultdict[int, deque[Sent]] = defaultdict(deque)
    for each in sent:
        by_port[each.port].append(each)
    found = []
    for entry in raw:
        exchange = from_journal(entry, test=test)
        waiting = by_port.get(_port(entry.get("client")))
        mine = waiting.popleft() if waiting else None
        found.append(replace(exchange, caller=mine.caller) if mine is not None else exchange)
    return found


def _port(client: object) -> int:
    tail = client.rpartition(":")[2] if isinstance(client, str) else ""
    return int(tail) if tail.isdecimal() else 0


def unused_replies(entries: Iterable[Json], armed: Mapping[str, Any], optional: Iterable[str]) -> Iterator[Json]:
    """Replies of the test that were not asked for as often as it said."""
    known = {str(entry["id"]): entry for entry in entries}
    skipped = frozenset(optional)
    left = [known[name] for name in armed if name in known and name not in skipped]
    unused = [
        entry for entry in left if entry["left"] not in (0, None) or (entry["left"] is None and not entry["used"])
    ]
    if unused:
        lines = [f"{_spoken(entry['reply'])}: {_use(entry)}" for entry in unused[:_MOST]]
        lines += [f"… and {len(unused) - _MOST} more"] * (len(unused) > _MOST)
        yield {
            "kind": "unused-reply",
            "severity": "error",
            "text": "\n".join(lines),
            "fix": "the code under test made fewer requests than the test scripts: take the reply out, or arm it with "
            "claude.reply(…, optional=True); for the whole test: @pytest.mark.claude(allow_unused_replies=True)",
        }


def _spoken(reply: Mapping[str, Any]) -> str:
    if reply.get("tool_use"):
        return "tool_use " + ", ".join(str(call["name"]) for call in reply["tool_use"])
    return fragment(reply.get("text") or reply.get("content") or reply.get("thinking") or "a refusal")


def _use(entry: Mapping[str, Any]) -> str:
    match = entry["reply"].get("match")
    behind = f" (for requests that match {clean(str(match))})" if match else ""
    if not entry["used"]:
        return f"never asked for{behind}"
    return f"asked for {entry['used']} of {entry['used'] + entry['left']} times{behind}"


def unscripted(exchanges: Sequence[Exchange], raw: Sequence[Json]) -> Iterator[Json]:
    """Requests that no reply of the test answered, where it scripted some."""
    beyond = [
        exchange
        for exchange, entry in zip(exchanges, raw, strict=True)
        if exchange.endpoint == _MESSAGES and exchange.status == 200 and entry.get("script") is None
    ]
    if beyond:
        lines = [f"{each.id}{f' from {each.caller}' if each.caller else ''}: {_asked(each)}" for each in beyond[:_MOST]]
        lines += [f"… and {len(beyond) - _MOST} more"] * (len(beyond) > _MOST)
        yield {
            "kind": "unscripted-request",
            "severity": "error",
            "text": "\n".join(lines),
            "fix": "the code under test made more requests than the test scripts, and the mock made up the answers: "
            "script them, or say that they do not matter with @pytest.mark.claude(allow_unscripted=True)",
        }


def _asked(exchange: Exchange) -> str:
    messages = exchange.json().get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else {}
    content = last.get("content") if isinstance(last, Mapping) else None
    if isinstance(content, list) and content and isinstance(content[-1], Mapping):
        content = content[-1].get("text") or content[-1].get("content") or content[-1].get("type")
    return fragment(content or "a request")


def unfired(faults: Iterable[Json], armed: Iterable[str]) -> Iterator[Json]:
    """Faults of the test that never happened."""
    mine = frozenset(armed)
    idle = [fault for fault in faults if fault["id"] in mine and not fault["fired"]]
    if idle:
        yield {
            "kind": "unfired-fault",
            "severity": "warning",
            "text": ", ".join(str(fault["fault"]) for fault in idle) + " never happened: no request fitted",
            "fix": "a test of a failure that does not happen proves nothing: check `match`, `nth` and `after_event`, "
            "and that stream faults meet streamed requests",
        }


def unseen(dropped: int, kept: int) -> Iterator[Json]:
    """Exchanges of the test that the journal had no room for."""
    if dropped:
        yield {
            "kind": "journal-full",
            "severity": "warning",
            "text": f"the journal dropped the first {dropped} of the test's {dropped + kept} exchanges: what the "
            "contracts say is about the rest alone",
            "fix": "give it room: claude_server = journal_bytes=1000000000 in the ini file",
        }


def blocked(callers: Sequence[str]) -> Iterator[Json]:
    """Calls to the real API."""
    if callers:
        yield {
            "kind": "real-api-blocked",
            "severity": "error",
            "text": f"{len(callers)} attempts to reach the real API, first from {callers[0]}"
            if len(callers) > 1
            else f"an attempt to reach the real API from {callers[0]}",
            "fix": "let the client read ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY inside the test, or pass "
            "claude.base_url and claude.api_key",
        }
