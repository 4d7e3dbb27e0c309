"""A support line serves two customers in turn; their histories are kept in a store between the calls.

Bug: the store's key is the first name, so that at the second call each of the two Anns has the conversation of both.
"""

from collections import defaultdict

from claudemock import tool_use
from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, SEARCH, Json, Llm, assistant, calls, result, said, user

RULE = "R68 conversation-crossed"
CUSTOMERS = ("Ann Smith", "Ann Jones")


class Line:
    def __init__(self, llm: Llm) -> None:
        self.llm = llm
        self.rows: defaultdict[str, list[Json]] = defaultdict(list)

    def first_call(self, customer: str) -> str:
        return self._call(customer, [], f"I am {customer}. Where are my orders?")

    def next_call(self, customer: str) -> str:
        return self._call(customer, self.rows[self._key(customer)], f"{customer} again. And the invoice?")

    def _key(self, customer: str) -> str:
        return customer.split()[0].lower()

    def _call(self, customer: str, past: list[Json], line: str) -> str:
        turns = [user(line)]
        while True:
            message = self.llm.create(model=OPUS, max_tokens=500, tools=[SEARCH], messages=[*past, *turns])
            turns.append(assistant(message["content"]))
            if message["stop_reason"] != "tool_use":
                self.rows[self._key(customer)] = [*self.rows[self._key(customer)], *turns]
                return said(message)
            turns.append(user([result(call, f"{call['input']['query']}: 3 hits") for call in calls(message)]))


def arrange(claude: MockServer) -> None:
    for name in CUSTOMERS:
        claude.reply(tool_use("search", query=f"orders of {name}"))
        claude.reply(f"There are three orders of {name}.")
    for name in CUSTOMERS:
        claude.reply(f"The invoice of {name} is on its way.")


def run(llm: Llm) -> list[str]:
    line = Line(llm)
    return [*map(line.first_call, CUSTOMERS), *map(line.next_call, CUSTOMERS)]
