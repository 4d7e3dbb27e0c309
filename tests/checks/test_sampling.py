"""Sampling parameters, stop sequences and the number of tokens asked for."""

import pytest

from tests.checks.cases import ADAPTIVE, BUDGET, SCHEMA, TOOL, Case, assert_answer, body, model

OLD = model(sampling="any")
ONE = model(sampling="one_of")
NEW = model(sampling="deprecated")
LARGE = model(max_output=128_000, max_output_extended=300_000)
EXTENDED = frozenset({"output-300k-2026-03-24"})
MANUAL = (
    "when thinking is enabled. Please consult our documentation at "
    "https://docs.claude.com/en/docs/build-with-claude/extended-thinking"
    "#important-considerations-when-using-extended-thinking"
)
MODERN = (
    "when thinking is enabled or in adaptive mode. Please consult our documentation at "
    "https://platform.claude.com/docs/en/build-with-claude/extended-thinking"
)


def over(asked: int, most: int) -> str:
    """More tokens than the model can write."""
    return f"max_tokens: {asked} > {most}, which is the maximum allowed number of output tokens for claude-test-1"


SAMPLING = [
    Case(
        name="temperature where it is gone",
        body=body(temperature=0.5),
        model=NEW,
        message="`temperature` is deprecated for this model.",
    ),
    Case(
        name="top_p where it is gone", body=body(top_p=0.9), model=NEW, message="`top_p` is deprecated for this model."
    ),
    Case(name="top_k where it is gone", body=body(top_k=5), model=NEW, message="`top_k` is deprecated for this model."),
    Case(
        name="temperature and top_p",
        body=body(temperature=0.5, top_p=0.9),
        model=ONE,
        message="`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    ),
    Case(
        name="temperature while thinking",
        body=body(temperature=0.5, thinking=BUDGET),
        message=f"`temperature` may only be set to 1 {MANUAL}",
    ),
    Case(
        name="temperature while thinking adaptively",
        body=body(temperature=0, thinking=ADAPTIVE),
        message=f"`temperature` may only be set to 1 {MODERN}",
    ),
    Case(
        name="top_p while thinking",
        body=body(top_p=0.94, thinking=BUDGET),
        message=f"`top_p` must be greater than or equal to 0.95 or unset {MANUAL}",
    ),
    Case(
        name="top_k while thinking",
        body=body(top_k=5, thinking=BUDGET),
        message=f"`top_k` must be unset {MANUAL}",
    ),
    Case(name="accepted: all on old models", body=body(temperature=0.5, top_p=0.9, top_k=5), model=OLD),
    Case(name="accepted: temperature and top_k", body=body(temperature=0.5, top_k=5), model=ONE),
    Case(name="accepted: the default where it is gone", body=body(temperature=1, top_p=1.0), model=NEW),
    Case(name="accepted: none", body=body(), model=NEW),
    Case(name="accepted: the default while thinking", body=body(temperature=1.0, top_p=0.95, thinking=BUDGET)),
    Case(name="accepted: no thinking", body=body(temperature=0.1, top_k=5, thinking={"type": "disabled"}), model=ONE),
]

TOKENS = [
    Case(name="too many", body=body(max_tokens=64_001), message=over(64_001, 64_000)),
    Case(
        name="extended output outside a batch",
        body=body(max_tokens=128_001),
        model=LARGE,
        betas=EXTENDED,
        message=over(128_001, 128_000),
    ),
    Case(
        name="a batch without extended output",
        body=body(max_tokens=128_001),
        model=LARGE,
        endpoint="batch",
        message=over(128_001, 128_000),
    ),
    Case(
        name="too many for extended output",
        body=body(max_tokens=300_001),
        model=LARGE,
        betas=EXTENDED,
        endpoint="batch",
        message=over(300_001, 300_000),
    ),
    Case(
        name="extended output on a model without it",
        body=body(max_tokens=64_001),
        betas=EXTENDED,
        endpoint="batch",
        message=over(64_001, 64_000),
    ),
    Case(
        name="none in a batch",
        body=body(max_tokens=0),
        endpoint="batch",
        message="max_tokens: must be greater than or equal to 1",
    ),
    Case(
        name="none, streamed",
        body=body(max_tokens=0, stream=True),
        message="max_tokens: 0 is not supported with stream",
    ),
    Case(
        name="none, formatted",
        body=body(max_tokens=0, output_config={"format": SCHEMA}),
        message="max_tokens: 0 is not supported with output_config.format",
    ),
    Case(
        name="none, forced",
        body=body(max_tokens=0, tools=[TOOL], tool_choice={"type": "any"}),
        message='max_tokens: 0 is not supported with tool_choice type "any"',
    ),
    Case(name="accepted: as many as it can write", body=body(max_tokens=64_000)),
    Case(
        name="accepted: extended output", body=body(max_tokens=300_000), model=LARGE, betas=EXTENDED, endpoint="batch"
    ),
    Case(name="accepted: none", body=body(max_tokens=0, thinking=ADAPTIVE)),
]

STOPS = [
    Case(
        name="blank stop sequence",
        body=body(stop_sequences=["END", "\n"]),
        message="stop_sequences: each stop sequence must contain non-whitespace",
    ),
    Case(
        name="empty stop sequence",
        body=body(stop_sequences=[""], stream=True),
        message="stop_sequences: each stop sequence must contain non-whitespace",
    ),
    Case(name="accepted: stop sequences", body=body(stop_sequences=["END", "\nHuman:"])),
    Case(name="accepted: no stop sequences", body=body(stop_sequences=[])),
]


@pytest.mark.parametrize("case", [*SAMPLING, *TOKENS, *STOPS], ids=str)
def test_generation(case: Case) -> None:
    """What shapes the answer is judged by model, mode and endpoint."""
    assert_answer(case)
