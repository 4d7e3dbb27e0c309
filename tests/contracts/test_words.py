"""What rules read from places, and only then from words, whatever the language."""

import json

import pytest

from claudemock.fixtures import fixture
from claudemock_contracts.examples import Step, ask, new, reply, streams
from claudemock_contracts.oracles import Oracles, Outcome
from claudemock_contracts.transcript.words import Topic, Words
from tests.contracts.judging import prompts, said

CUT = (
    ask("When does the tide turn?", stream=True),
    streams("The tide turns at noon on wor", until=3, error="overloaded_error"),
)
SWALLOWED = {("R05", "violation")}


def behind(words: str, rest: str = "kdays and an hour later on Sundays.") -> tuple[Step, ...]:
    """The user's next message behind the answer that broke off, and the answer to that."""
    return (*CUT, ask(words), streams(rest))


@pytest.mark.parametrize(
    "words",
    [
        "Please continue.",
        "Bitte fahre fort.",
        "Continuez, s'il vous plaît.",
        "Continúa, por favor.",
        "Nastavi, molim te.",
        "Продолжай, пожалуйста.",
        "继续",
        "続けてください。",
        "계속해 주세요.",
        "أكمل من فضلك",
        "…'at noon on wor' <-",
    ],
)
def test_the_rest_may_be_asked_for_in_any_language(words: str) -> None:
    """By words of many languages, and in none by quoting where it broke off."""
    assert said(*behind(words)) == set()


@pytest.mark.parametrize("words", ["Thank you.", "Danke.", "谢谢", "Discontinued?", "And at midnight?"])
def test_the_next_question_is_none_for_the_rest(words: str) -> None:
    """The answer that broke off stands in the history as if it were whole."""
    assert said(*behind(words)) == SWALLOWED


def test_a_program_that_joins_both_parts_had_asked_for_the_rest() -> None:
    """Whatever it said: what it returned, or keeps, begins with the one and goes on with the other."""
    joined = "The tide turns at noon on workdays and an hour later on Sundays."
    returned = Oracles(outcomes=[Outcome(kind="returned", value=joined)])
    assert said(*behind("⏩"), oracles=returned) == set()
    assert said(*behind("⏩"), oracles=Oracles(outcomes=[Outcome(kind="returned", value="Done.")])) == SWALLOWED
    kept = (new(), ask("And the ferry?"), reply("At one."))
    assert said(*behind("⏩"), *kept) == SWALLOWED


@pytest.mark.parametrize(
    ("topic", "text", "words"),
    [
        ("step_by_step", "Think about it, step by step, please.", "think about it, step by step"),
        ("step_by_step", "I think so. Climb step by step.", None),
        ("step_by_step", "請逐步思考", "逐步思考"),
        ("failed", "unfailing", None),
        ("failed", "step_failed", "fail"),
        ("failed", "Es fehlt: city", "fehlt"),
        ("cut", "MAX_TOKENS reached", "max_tokens"),
    ],
)
def test_where_words_begin(topic: Topic, text: str, words: str | None) -> None:
    """At the start of a word, in any case; two parts in one sentence."""
    assert prompts().words.found(topic, text) == words


def test_every_language_is_spelled_as_it_is_looked_for() -> None:
    """Each entry of the file is found in a text that consists of it."""
    table = json.loads(fixture("words.json").read_text("utf-8"))
    topics: list[Topic] = ["goes_on", "cut", "failed", "left_out", "step_by_step"]
    assert [topic for topic in table if topic not in ("as_of", "provenance")] == topics
    for topic in topics:
        for language, stems in table[topic].items():
            if language != "what":
                assert all(Words().says(topic, stem.replace("…", " it ")) for stem in stems), (topic, language)
