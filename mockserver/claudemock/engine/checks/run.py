"""The semantic checks in the order in which the API reports them: of several errors, the first is raised.

Proven of the order: the model is known to exist, and the request has the right shape, before any of this; what a
conversation is made of comes before the container; unanswered calls before pending server tools; a schema's errors
before the model's refusal of schemas. The rest is a guess.
"""

from collections.abc import Callable

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

_PROMPT: tuple[Callable[[Subject], None], ...] = (
    turns.check_system_messages,
    turns.check_content,
    tools.check_definitions,
    tools.check_schemas,
    turns.check_roles,
    turns.check_system_blocks,
    turns.check_texts,
    pairing.check_unique_ids,
    pairing.check_results,
    pairing.check_server_tools,
    images.check_images,
    documents.check_pdfs,
    documents.check_search_results,
    cache_control.check_breakpoints,
    tools.check_references,
    tools.check_choice,
    thinking.check_mode,
    output.check_effort,
    output.check_format,
    documents.check_citations,
    turns.check_ending,
    thinking.check_thinking_first,
    signatures.check_issued,
    signatures.check_signatures,
    features.check_speed,
    features.check_context_management,
    tools.check_mcp_servers,
    tools.check_counted_tools,
)

_GENERATION: tuple[Callable[[MessagesRequest, Subject], None], ...] = (
    features.check_batched,
    sampling.check_max_tokens,
    sampling.check_prewarm,
    thinking.check_budget,
    sampling.check_stop_sequences,
    sampling.check_sampling,
    features.check_inference_geo,
    features.check_diagnostics,
    features.check_fallbacks,
    tools.check_container,
)


def check(request: Request, context: CheckContext, earlier: Checked | None = None) -> Subject:
    """Refuse what the API refuses although its shape is right. Raises `ApiError` (400) with the API's own text.

    Sources named by URL are accepted unread: there is no network here. So are files that are not in the context. What
    was checked may stand for an `earlier` part of the next request.
    """
    subject = survey(request, context, earlier)
    for prompt_rule in _PROMPT:
        prompt_rule(subject)
    if isinstance(request, MessagesRequest):
        for generation_rule in _GENERATION:
            generation_rule(request, subject)
    return subject
