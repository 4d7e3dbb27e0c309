"""The semantic checks in the order in which the API reports them: of several errors, the first is raised.

Proven of the order: the model is known to exist, and the request has the right shape, before any of this; what a
conversation is made of comes before the container; unanswered calls before pending server tools; a schema's errors
before the model's refusal of schemas. The rest is a guess.
"""

from collections.abc import Callable, Set
from typing import Generic, NamedTuple, TypeVar

from claudemock.engine.checks import (
    cache_control,
    documents,
    features,
    images,
    output,
    pairing,
    sampling,
    signatures,
    thinking,
    tools,
    turns,
)
from claudemock.engine.checks.subject import CheckContext, Checked, Request, Subject, survey
from claudemock.wire.messages import MessagesRequest

Check = TypeVar("Check", bound=Callable[..., None])
ALWAYS = "model"  # which every request names


class Rule(NamedTuple, Generic[Check]):
    """A check, and what a request has to be about for it to have anything to say; see `topics`."""

    check: Check
    about: Set[str]


def _rule(check: Check, about: str) -> Rule[Check]:
    return Rule(check, frozenset(about.split()))


PROMPT_RULES: tuple[Rule[Callable[[Subject], None]], ...] = (
    _rule(turns.check_system_messages, ALWAYS),
    _rule(turns.check_content, ALWAYS),
    _rule(tools.check_definitions, "tools"),
    _rule(tools.check_schemas, "tools"),
    _rule(turns.check_roles, ALWAYS),
    _rule(turns.check_system_blocks, "mid_conv_system"),
    _rule(turns.check_texts, "system text"),
    _rule(pairing.check_unique_ids, "tool_use"),
    _rule(pairing.check_results, "tool_use tool_result"),
    Rule(pairing.check_server_tools, pairing.SERVER_TYPES),
    _rule(images.check_images, "image"),
    _rule(documents.check_pdfs, "document"),
    _rule(documents.check_search_results, "search_result"),
    _rule(cache_control.check_breakpoints, ALWAYS),
    _rule(tools.check_references, "tool_reference"),
    _rule(tools.check_choice, "tool_choice"),
    _rule(thinking.check_mode, "thinking"),
    _rule(output.check_effort, "output_config"),
    _rule(output.check_format, "output_config output_format"),
    _rule(documents.check_citations, "document search_result"),
    _rule(turns.check_ending, ALWAYS),
    _rule(thinking.check_thinking_first, "thinking"),
    _rule(signatures.check_issued, "thinking redacted_thinking"),
    _rule(signatures.check_signatures, "thinking redacted_thinking"),
    _rule(features.check_speed, "speed"),
    _rule(features.check_context_management, "context_management"),
    _rule(tools.check_mcp_servers, "mcp_servers"),
    _rule(tools.check_counted_tools, "tools"),
)

GENERATION_RULES: tuple[Rule[Callable[[MessagesRequest, Subject], None]], ...] = (
    _rule(features.check_batched, "stream speed thread"),
    _rule(sampling.check_max_tokens, "max_tokens"),
    _rule(sampling.check_prewarm, "max_tokens"),
    _rule(thinking.check_budget, "thinking"),
    _rule(sampling.check_stop_sequences, "stop_sequences"),
    _rule(sampling.check_sampling, "temperature top_p top_k"),
    _rule(features.check_inference_geo, "inference_geo"),
    _rule(features.check_diagnostics, "diagnostics"),
    _rule(features.check_fallbacks, "fallbacks"),
    _rule(tools.check_container, "container tool_result"),
)


def topics(subject: Subject) -> Set[str]:
    """What a request is about: the parameters it has and the types of its blocks. Most requests spare most rules."""
    return subject.blocks.keys() | subject.request.model_fields_set


def check(request: Request, context: CheckContext, earlier: Checked | None = None) -> Subject:
    """Refuse what the API refuses although its shape is right. Raises `ApiError` (400) with the API's own text.

    Sources named by URL are accepted unread: there is no network here. So are files that are not in the context. What
    was checked may stand for an `earlier` part of the next request.
    """
    subject = survey(request, context, earlier)
    asked = topics(subject)
    for prompt_rule in PROMPT_RULES:
        if not prompt_rule.about.isdisjoint(asked):
            prompt_rule.check(subject)
    if isinstance(request, MessagesRequest):
        for generation_rule in GENERATION_RULES:
            if not generation_rule.about.isdisjoint(asked):
                generation_rule.check(request, subject)
    return subject
