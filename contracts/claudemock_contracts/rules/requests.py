"""Headers and parameters: one credential in its place, nothing that is gone, no model that goes."""

from claudemock_contracts.contract import Contract
from claudemock_contracts.examples import Example, ask, reply
from claudemock_contracts.rules import request_fields, secrets_seen

_OLD = {"anthropic-version": "2023-06-01"}
_NEW = {"anthropic-version": "2026-10-21"}
_MINE = {"authorization": "Bearer sk-ant-mock-example-key"}

CONTRACTS = (
    Contract(
        id="R58",
        name="auth-and-secrets",
        title="A request has one credential, in a header, and nothing else holds it",
        family="secrets",
        why="With two credentials the API refuses the request or bills another workspace. One in a URL, a prompt or a "
        "log is in other people's hands.",
        severity="error",
        evidence="P+O",
        fix="Set one of ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN, keep keys out of prompts, tool results and URLs, "
        "and replace one that was seen.",
        good=Example("A key in its header.", ask("Oslo or Rome?", headers=_MINE), reply("Rome.")),
        bad=Example(
            "The key is in the prompt.",
            ask("My configuration: key=sk-ant-mock-example-key. Why does it fail?", headers=_MINE),
            reply("The key looks cut."),
        ),
        judge=secrets_seen.kept_secret,
        threads=("earendil-works/pi#4339", "ducks/claux#34", "QwenLM/qwen-code#4323"),
    ),
    Contract(
        id="R59",
        name="removed-or-version-params",
        title="A request has a version, and nothing that this version or the model no longer takes",
        family="headers",
        why="The API refuses it (400): with a new version or a new model, code that worked fails on every request.",
        severity="error",
        evidence="P",
        fix="Send anthropic-version; leave out temperature, top_p and top_k from 2026-10-21 on; ask for a format with "
        "output_config.format in place of a prefill.",
        good=Example(
            "The old version takes a temperature.",
            ask("Oslo or Rome?", headers=_OLD, temperature=0.5, model="claude-sonnet-4-5"),
            reply("Rome."),
        ),
        bad=Example("The new version takes none.", ask("Oslo or Rome?", headers=_NEW, temperature=0.5), reply("Rome.")),
        judge=request_fields.removed,
        threads=("LostRuins/lite.koboldai.net#108",),
    ),
    Contract(
        id="R66",
        name="model-retired",
        title="The model is neither retired nor about to be",
        family="headers",
        why="From the day a model is retired every request for it fails (404).",
        severity="warning",
        evidence="P",
        fix="Move to the model named in the table of deprecations, and have the name in one place; GET /v1/models says "
        "lifecycle and retires_at.",
        good=Example("A model that stays.", ask("Oslo or Rome?", model="claude-opus-5-5"), reply("Rome.")),
        bad=Example("A model that went.", ask("Oslo or Rome?", model="claude-3-opus-20240229"), reply("Rome.")),
        judge=request_fields.retired,
    ),
)
