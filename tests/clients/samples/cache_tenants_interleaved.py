"""Two tenants chat at the same time, each with a system prompt of their own, each cached.

Trap: neighbours in time are strangers; compared with each other their prompts seem to drift at every request.
"""

from dataclasses import dataclass, field

from claudemock.control.client import MockServer
from tests.clients.kit import OPUS, Json, Llm, assistant, handbook, marked, said, user

RULE = None
LINES = ("Hello.", "How do I pay?", "Is cash fine?", "Thanks.")


@dataclass
class Tenant:
    name: str
    history: list[Json] = field(default_factory=list)

    def ask(self, llm: Llm, line: str) -> str:
        self.history.append(user(line))
        message = llm.create(
            model=OPUS,
            max_tokens=300,
            system=[marked(f"You speak for {self.name}.\n{handbook(self.name)}")],
            messages=self.history,
        )
        self.history.append(assistant(message["content"]))
        return said(message)


def arrange(claude: MockServer) -> None:
    for name in ("Bakery North", "Garage South"):
        for line in LINES:
            claude.when(system=f"speak for {name}", contains=line).reply(f"{name} answers “{line}” with a smile.")


def run(llm: Llm) -> list[str]:
    tenants = [Tenant("Bakery North"), Tenant("Garage South")]
    return [tenant.ask(llm, line) for line in LINES for tenant in tenants]
