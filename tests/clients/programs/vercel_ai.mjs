// The Vercel AI SDK: text, a tool loop, streams, structured output, thinking.

import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { call, script } from "./mocking.mjs";

// Its base URL is the one that ends in /v1, unlike that of the official SDKs.
const anthropic = createAnthropic({ baseURL: `${process.env.ANTHROPIC_BASE_URL}/v1` });
const model = anthropic("claude-opus-5");
const asked = [];
const weather = tool({
  description: "The weather in a city",
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => {
    asked.push(city);
    return `4 °C in ${city}`;
  },
});
const common = { model, maxRetries: 0, prompt: "Hello" };

async function text() {
  await script("Hi.");
  const result = await generateText(common);
  assert.equal(result.text, "Hi.");
  assert.equal(result.finishReason, "stop");
  assert.ok(result.usage.inputTokens > 0);
}

async function tools() {
  await script(call("weather", { city: "Oslo" }), call("weather", { city: "Rome" }), "Cold and warm.");
  const result = await generateText({ ...common, tools: { weather }, stopWhen: stepCountIs(5) });
  assert.equal(result.text, "Cold and warm.");
  assert.deepEqual(asked, ["Oslo", "Rome"]);
}

async function streams() {
  await script("One two three four five.");
  const pieces = [];
  for await (const piece of streamText(common).textStream) pieces.push(piece);
  assert.equal(pieces.join(""), "One two three four five.");
  await script(call("weather", { city: "Bonn" }), "Mild.");
  const result = streamText({ ...common, tools: { weather }, stopWhen: stepCountIs(5) });
  assert.equal(await result.text, "Mild.");
  assert.equal(asked.at(-1), "Bonn");
}

async function structured() {
  await script('{"city": "Oslo"}');
  const schema = z.object({ city: z.string() });
  const result = await generateText({ ...common, output: Output.object({ schema }) });
  assert.deepEqual(result.output, { city: "Oslo" });
}

async function thinking() {
  await script({ thinking: "Let me see.", text: "Seen." });
  const providerOptions = { anthropic: { thinking: { type: "adaptive", display: "summarized" } } };
  const result = await generateText({ ...common, providerOptions });
  assert.equal(result.reasoningText, "Let me see.");
  assert.equal(result.text, "Seen.");
}

for (const part of [text, tools, streams, structured, thinking]) await part();
