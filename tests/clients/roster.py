"""Which clients the lane runs: what to install, which program to run, nothing else."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Client:
    """One client: `packages` are installed into an environment of its own, then `program` runs there.

    The first package is the one whose version the table shows. `executable` is a command of the environment that the
    program gets as its argument.
    """

    name: str
    kind: Literal["python", "node"]
    packages: tuple[str, ...]
    program: str
    executable: str | None = None


CLIENTS = (
    Client("anthropic-2", "python", ("anthropic>=2,<3",), "anthropic_python.py"),
    Client("anthropic-1", "python", ("anthropic>=1,<2",), "anthropic_python.py"),
    Client("anthropic-0", "python", ("anthropic<1",), "anthropic_python.py"),
    Client("retries-2", "python", ("anthropic>=2,<3",), "retry_table.py"),
    Client("retries-1", "python", ("anthropic>=1,<2",), "retry_table.py"),
    Client("retries-0", "python", ("anthropic<1",), "retry_table.py"),
    Client("typescript", "node", ("@anthropic-ai/sdk@latest",), "typescript_sdk.mjs"),
    Client("retries-typescript", "node", ("@anthropic-ai/sdk@latest",), "retry_table.mjs"),
    Client("vercel-ai", "node", ("@ai-sdk/anthropic@latest", "ai@latest", "zod"), "vercel_ai.mjs"),
    Client("claude-code", "node", ("@anthropic-ai/claude-code@latest",), "claude_code.py", executable="claude"),
    Client("pydantic-ai", "python", ("pydantic-ai-slim[anthropic]",), "pydantic_ai_agent.py"),
    Client("langchain", "python", ("langchain-anthropic",), "langchain_chat.py"),
    Client("litellm", "python", ("litellm", "mcp"), "litellm_completion.py"),  # litellm imports mcp undeclared
)
