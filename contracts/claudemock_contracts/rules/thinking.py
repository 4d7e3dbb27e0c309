"""Thinking: enough room for an answer behind it, a mode the model takes, and blocks that come back as they were."""

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, again, ask, call, keep, reply, result, thought, tool
from claudemock_contracts.rules import thinking_blocks, thinking_budget

_BUDGET = {"type": "enabled", "budget_tokens": 2048}
_WEATHER = tool("get_weather")
_LOOK = thought("The user wants the weather in Oslo. I have a tool for that.")
_USED_UP = reply(
    thought("Let me go through all cases, one by one, and then"),
    stop_reason="max_tokens",
    usage={"output_tokens": 4096},
)

CONTRACTS = (
    Contract(
        id="R09",
        name="thinking-budget-exhausted",
        title="An answer of nothing but thinking is noticed, and the next attempt has more room",
        family="thinking",
        why="Thinking counts toward max_tokens. When it takes all, the answer is status 200 without a text: code that "
        "reads content[0].text crashes or returns nothing, and the same request again burns the same tokens again.",
        severity="error",
        evidence="A+O",
        fix="On stop_reason max_tokens without a text or tool_use block, ask again once with a larger max_tokens, a "
        "smaller budget or less effort, and otherwise say that there is no answer.",
        good=Example(
            "The second attempt has more room.",
            ask("Is 2^61-1 a prime?", model="claude-sonnet-4-5", max_tokens=4096, thinking=_BUDGET),
            _USED_UP,
            keep(lambda history: history[:1]),
            ask(max_tokens=16000),
            reply(thought("Lucas-Lehmer says so."), "Yes, it is."),
        ),
        bad=Example(
            "The same request, with the same limits.",
            ask("Is 2^61-1 a prime?", model="claude-sonnet-4-5", max_tokens=4096, thinking=_BUDGET),
            _USED_UP,
            again(0.5),
            _USED_UP,
        ),
        judge=thinking_budget.exhausted,
        threads=("vellum-ai/vellum-assistant#39462", "anthropics/claude-code#68882", "charmbracelet/crush#1711"),
    ),
    Contract(
        id="R11",
        name="thinking-blocks-altered",
        title="While tool calls are answered, the thinking that led to them comes back as it was",
        family="thinking",
        why="The blocks are signed. Changed, reordered or without their signature they are refused (400); left out, a "
        "request with a budget is refused and other models lose the thread.",
        severity="error",
        evidence="P",
        fix="Append response.content to the messages as it is, with redacted_thinking and signatures; when putting a "
        "stream together, take signature_delta too.",
        good=Example(
            "The whole content goes back.",
            ask("Oslo?", model="claude-sonnet-4-5", max_tokens=8192, thinking=_BUDGET, tools=[_WEATHER]),
            reply(_LOOK, call("oslo", "get_weather", city="Oslo")),
            ask(result("oslo", "4 °C")),
            reply("4 °C in Oslo."),
        ),
        bad=Example(
            "Only the tool calls are kept.",
            ask("Oslo?", model="claude-sonnet-4-5", max_tokens=8192, thinking=_BUDGET, tools=[_WEATHER]),
            reply(_LOOK, call("oslo", "get_weather", city="Oslo")),
            keep(lambda history: [history[0], {**history[1], "content": history[1]["content"][1:]}]),
            ask(result("oslo", "4 °C")),
            reply("4 °C in Oslo."),
        ),
        judge=thinking_blocks.altered,
        threads=("anomalyco/opencode#3077", "run-llama/llama_index#18834", "maximhq/bifrost#4942"),
    ),
    Contract(
        id="R25",
        name="thinking-config-invalid",
        title="Thinking is asked for in a mode the model takes, with a budget between 1024 and max_tokens",
        family="thinking",
        why="The API refuses anything else (400). Which modes there are differs from model to model, so that a change "
        "of the model breaks a request that worked.",
        severity="error",
        evidence="P",
        fix="Choose mode and budget by model, from a table or from GET /v1/models: adaptive from 4.6 on, enabled with "
        "a budget before.",
        good=Example(
            "Adaptive thinking for a model that has no budgets.",
            ask("Is 91 a prime?", model="claude-opus-4-8", max_tokens=8192, thinking={"type": "adaptive"}),
            reply("No: 7 times 13."),
        ),
        bad=Example(
            "A budget for a model that takes none.",
            ask("Is 91 a prime?", model="claude-opus-4-8", max_tokens=8192, thinking=_BUDGET),
            reply("No: 7 times 13."),
        ),
        judge=thinking_budget.configuration,
        threads=("LionSR/TeXRA#2515", "themaximalist/llm.js#30", "BerriAI/litellm#27051"),
    ),
    Contract(
        id="R26",
        name="thinking-forced-tool-choice",
        title="While the model thinks, no tool is forced",
        family="thinking",
        why="The API refuses tool_choice any or tool together with thinking.type enabled (400), and has refused it "
        "with adaptive too. Structured output made by forcing a tool breaks when thinking is turned on.",
        severity="error",
        evidence="P",
        fix="Use tool_choice auto and say in the prompt which tool is wanted, use output_config.format instead, or "
        "turn thinking off for this call.",
        good=Example(
            "The model chooses.",
            ask("Oslo?", model="claude-sonnet-4-5", max_tokens=8192, thinking=_BUDGET, tools=[_WEATHER]),
            reply(_LOOK, call("oslo", "get_weather", city="Oslo")),
            ask(result("oslo", "4 °C")),
            reply("4 °C in Oslo."),
        ),
        bad=Example(
            "A tool is forced while thinking has a budget.",
            ask(
                "Oslo?",
                model="claude-sonnet-4-5",
                max_tokens=8192,
                thinking=_BUDGET,
                tools=[_WEATHER],
                tool_choice={"type": "any"},
            ),
            reply(_LOOK, call("oslo", "get_weather", city="Oslo")),
        ),
        judge=thinking_budget.forced_tool,
        threads=("mastra-ai/mastra#7507", "pydantic/pydantic-ai#2487", "BerriAI/litellm#35637"),
    ),
    Contract(
        id="R70",
        name="thinking-told-twice",
        title="With thinking on, the prompt does not ask for step-by-step reasoning as well",
        family="thinking",
        why="Thinking already reasons before it answers. A prompt that also asks for reasoning step by step gets it a "
        "second time, in the answer: more output tokens, more latency, and often a worse answer.",
        severity="note",
        evidence="P",
        fix="Say what the answer must hold, and leave the reasoning to thinking; or turn thinking off.",
        good=Example(
            "The prompt says what is wanted.",
            ask("Is 91 a prime? Answer in one word.", model="claude-opus-4-8", thinking={"type": "adaptive"}),
            reply("No."),
        ),
        bad=Example(
            "A habit from before there was thinking.",
            ask("Is 91 a prime? Think step by step.", model="claude-opus-4-8", thinking={"type": "adaptive"}),
            reply("91 is odd. 9 + 1 is 10, so 3 does not divide it. 7 times 13 is 91. So: no."),
        ),
        judge=thinking_budget.reasoned_twice,
    ),
)
