"""The form of the answer: effort, and JSON of a given schema.

Wording: recorded (R8, R17, R33; the schema's own errors come before the model's), quoted (Q23). Citations and prefill
are documented as refused together with a format; the wording of those two is unproven.
"""

from itertools import chain

from claudemock.engine.checks.subject import Subject, only
from claudemock.engine.schema_rules import check_output_schema
from claudemock.wire.content import DocumentBlock, SearchResultBlock
from claudemock.wire.errors import invalid_request
from claudemock.wire.params import JsonFormat
from claudemock.wire.tools import CustomTool


def check_effort(subject: Subject) -> None:
    """The model knows effort, and this level of it."""
    config = subject.request.output_config
    if config is None or config.effort is None:
        return
    levels = subject.model.effort
    if not levels:
        raise invalid_request("This model does not support the effort parameter.")
    if config.effort not in levels:
        raise invalid_request(
            f"This model does not support effort level '{config.effort}'. "
            f"Supported levels: {', '.join(sorted(levels))}."
        )


def check_format(subject: Subject) -> None:
    """The schema can be compiled, the model can follow one, and nothing else decides what the answer looks like."""
    located = _format(subject)
    if located is None:
        return
    location, wanted = located
    strict = [tool.input_schema for tool in subject.request.tools if isinstance(tool, CustomTool) and tool.strict]
    check_output_schema(wanted.schema_, f"{location}.schema", strict)
    if not subject.model.structured_outputs:
        raise invalid_request(f"'{subject.model.id}' does not support output format.")
    if _cites(subject):
        raise invalid_request(f"{location}: citations cannot be enabled together with an output format")
    if subject.model.prefill and subject.turns[-1].role == "assistant" and subject.turns[-1].last_type == "text":
        raise invalid_request(f"{location}: assistant message prefill is not supported with an output format")


def _format(subject: Subject) -> tuple[str, JsonFormat] | None:
    request = subject.request
    if request.output_config is not None and request.output_config.format is not None:
        return "output_config.format", request.output_config.format
    if request.output_format is not None:
        return "output_format", request.output_format
    return None


def _cites(subject: Subject) -> bool:
    documents = only(subject.blocks.get("document", ()), DocumentBlock)
    results = only(subject.blocks.get("search_result", ()), SearchResultBlock)
    configs = chain((each.citations for _, each in documents), (each.citations for _, each in results))
    return any(config is not None and config.enabled for config in configs)
