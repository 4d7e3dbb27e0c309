"""Retries: enough of them, not too many, in one place, at the right time, and only where they help."""

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, Step, again, ask, at, fails, keep, new, reply
from claudemock_contracts.rules import retry_calls, retry_pace

_SDK = {"x-stainless-retry-count": "0", "x-stainless-lang": "python"}


def _sdk_call() -> tuple[Step, ...]:
    """Three attempts of an SDK at the same, none of which is answered."""
    return (fails(529), again(0.45, attempt=1), fails(529), again(0.9, attempt=2), fails(529))


def _workers(*pauses: float) -> tuple[Step, ...]:
    """Five clients that fail together, each of which comes back after a pause of its own."""
    steps: list[Step] = []
    for number, _ in enumerate(pauses):
        steps += [new(), at(0.01 * number), ask(f"Translate page {number}."), fails(529)]
    for number, pause in enumerate(pauses):
        steps += [new(), at(0.01 * number + 0.1 + pause), ask(f"Translate page {number}."), reply(f"Side {number}.")]
    return tuple(steps)


CONTRACTS = (
    Contract(
        id="R03",
        name="overload-not-retried",
        title="A call that fails because the API is overloaded, or the connection broke, is tried again",
        family="retries",
        why="529, 500, 502, 503, 504 and lost connections pass by themselves within seconds. A program that gives up "
        "at the first of them loses all the work its loop has done.",
        severity="error",
        evidence="A",
        fix="Leave the SDK's retries on (2 by default), or retry in one place of your own, with 529 among the "
        "statuses.",
        good=Example(
            "The second attempt, after a pause, is answered.",
            ask("Summarise the log.", headers=_SDK),
            fails(529),
            again(0.45, attempt=1),
            reply("Nothing happened all night."),
        ),
        bad=Example(
            "The program goes on with its next task as if nothing had been.",
            ask("Summarise the log.", headers=_SDK),
            fails(529),
            new(),
            ask("Summarise the mail."),
            reply("There is none."),
        ),
        judge=retry_calls.not_retried,
        threads=("gptme/gptme#697", "anthropics/claude-code#45248", "vybestack/llxprt-code#2063"),
    ),
    Contract(
        id="R04",
        name="retry-after-ignored",
        title="No attempt is made before the time that retry-after names",
        family="retries",
        why="Until then the answer is the same, and every attempt counts against the limit it waits for.",
        severity="error",
        evidence="A",
        fix="Read retry-after (seconds, or a date) in the one place that retries, and do not cap it below the time the "
        "limit needs.",
        good=Example(
            "The client waits the two seconds it is told to.",
            ask("Summarise the log."),
            fails(429, headers={"retry-after": "2"}),
            again(2.0),
            reply("Nothing happened all night."),
        ),
        bad=Example(
            "The client waits half a second, whatever it is told.",
            ask("Summarise the log."),
            fails(429, headers={"retry-after": "2"}),
            again(0.5),
            reply("Nothing happened all night."),
        ),
        judge=retry_pace.retry_after_ignored,
        threads=("PostHog/posthog#70811", "earendil-works/pi#9595", "BerriAI/litellm#4387"),
    ),
    Contract(
        id="R16",
        name="retry-amplification",
        title="One call has one retry budget",
        family="retries",
        why="Layers of retries multiply: four attempts of a program with three of the SDK each are twelve requests to "
        "an API that is overloaded already, and the user waits for all of them.",
        severity="error",
        evidence="A",
        fix="Retry in one place: max_retries=0 in the SDK, or no loop around it.",
        good=Example(
            "The SDK's three attempts, and then the failure is told.",
            ask("Summarise the log.", headers=_SDK),
            *_sdk_call(),
        ),
        bad=Example(
            "A loop around the SDK: twice three attempts.",
            ask("Summarise the log.", headers=_SDK),
            *_sdk_call(),
            again(1.0, attempt=0),
            *_sdk_call(),
        ),
        judge=retry_calls.amplified,
        threads=("HKUDS/nanobot#2760", "sjnims/cc-plugin-eval#75", "10-X-eng/vibecad#177"),
    ),
    Contract(
        id="R17",
        name="retry-nonretryable",
        title="A request that was refused for what it is, is not sent again unchanged",
        family="retries",
        why="400, 401, 402, 403, 404, 413 and 422 have the same answer each time; the attempts only delay the news.",
        severity="error",
        evidence="A",
        fix="Retry on 408, 409, 429 and from 500 on. Otherwise fail at once, or change the request first.",
        good=Example(
            "The request was too large, and the next one is shorter.",
            ask("A very long story."),
            fails(413),
            keep(lambda _: []),
            ask("A short story."),
            reply("The end."),
        ),
        bad=Example(
            "The same request three times, wrong each time.",
            ask("Hello", max_tokens=-1),
            fails(400, message="max_tokens: Input should be greater than or equal to 0"),
            again(0.5),
            fails(400, message="max_tokens: Input should be greater than or equal to 0"),
            again(1.0),
            fails(400, message="max_tokens: Input should be greater than or equal to 0"),
        ),
        judge=retry_calls.pointless,
        threads=("allenai/tutormoments#52", "letta-ai/letta-code#725", "topoteretes/cognee-rs#40"),
    ),
    Contract(
        id="R44",
        name="retry-spend-cap",
        title="A program stops when the money is spent",
        family="retries",
        why="A 429 with `enforced_spend_limit_reached` looks like any rate limit, but it lasts until the month is over "
        "or somebody raises the limit: programs sat in front of it for most of an hour.",
        severity="warning",
        evidence="A",
        fix="Look at error.details.error_code of a 429 (and at 402) and fail at once, with a message that says so.",
        good=Example(
            "The SDK's own attempts cannot be avoided; the program adds none.",
            ask("Summarise the log.", headers=_SDK),
            fails(429, code="enforced_spend_limit_reached"),
            again(0.45, attempt=1),
            fails(429, code="enforced_spend_limit_reached"),
        ),
        bad=Example(
            "The program sits it out.",
            ask("Summarise the log."),
            fails(429, code="enforced_spend_limit_reached"),
            again(1.0),
            fails(429, code="enforced_spend_limit_reached"),
            again(2.0),
            fails(429, code="enforced_spend_limit_reached"),
        ),
        judge=retry_calls.spend_cap_retried,
        threads=("NousResearch/hermes-agent#91091", "martymcenroe/AssemblyZero#516", "earendil-works/pi#9849"),
    ),
    Contract(
        id="R45",
        name="retry-storm",
        title="Pauses between attempts grow, and differ from client to client",
        family="retries",
        why="An API that is overloaded gets worse by clients that come back at once, or all together.",
        severity="warning",
        evidence="A",
        fix="Begin with half a second, double it up to a cap, and take up to a quarter off by chance; share one "
        "limiter among workers.",
        good=Example(
            "Five clients fail together and come back one after the other.",
            *_workers(0.38, 0.42, 0.45, 0.48, 0.5),
        ),
        bad=Example(
            "A client that does not wait.",
            ask("Summarise the log."),
            fails(529),
            again(0.01),
            fails(529),
            again(0.01),
            fails(529),
            again(0.01),
            reply("Nothing happened all night."),
        ),
        judge=retry_pace.storm,
        threads=("HKUDS/nanobot#2763", "symgraph/GhidrAssist#60"),
    ),
)
