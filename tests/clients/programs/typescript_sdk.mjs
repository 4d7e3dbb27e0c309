// The official TypeScript SDK: create, stream, structured output, the tool runner, lookups, errors.

import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema";
import { jsonSchemaOutputFormat } from "@anthropic-ai/sdk/helpers/json-schema";
import { call, script } from "./mocking.mjs";

const client = new Anthropic({ maxRetries: 0 });
const model = "claude-opus-5";
const hello = { model, max_tokens: 256, messages: [{ role: "user", content: "Hello" }] };
const schema = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const weather = { name: "get_weather", description: "The weather in a city", input_schema: schema };

async function create() {
  await script("Hi.");
  const { data, response, request_id } = await client.messages.create(hello).withResponse();
  assert.equal(data.content[0].text, "Hi.");
  assert.equal(data.stop_reason, "end_turn");
  assert.equal(response.status, 200);
  assert.match(request_id, /^req_01/);
  assert.ok(data.usage.input_tokens > 0);
}

async function stream() {
  await script("One two three four five.", call("get_weather", { city: "Oslo" }), "Plain.");
  const texts = [];
  const helper = client.messages.stream(hello).on("text", (text) => texts.push(text));
  assert.equal((await helper.finalMessage()).content[0].text, "One two three four five.");
  assert.equal(texts.join(""), "One two three four five.");
  const called = await client.messages.stream({ ...hello, tools: [weather] }).finalMessage();
  assert.deepEqual(called.content[0].input, { city: "Oslo" });
  assert.equal(called.stop_reason, "tool_use");
  const events = [];
  for await (const event of await client.messages.create({ ...hello, stream: true })) events.push(event.type);
  assert.equal(events[0], "message_start");
  assert.equal(events.at(-1), "message_stop");
}

async function structured() {
  await script('{"city": "Oslo"}');
  const output_config = { format: jsonSchemaOutputFormat(schema) };
  assert.deepEqual((await client.messages.parse({ ...hello, output_config })).parsed_output, { city: "Oslo" });
  const madeUp = await client.messages.parse({ ...hello, output_config });
  assert.equal(typeof madeUp.parsed_output.city, "string");
}

async function toolRunner() {
  const asked = [];
  const tool = betaTool({
    name: "get_weather",
    description: "The weather in a city",
    inputSchema: schema,
    run: ({ city }) => {
      asked.push(city);
      return `4 °C in ${city}`;
    },
  });
  await script(call("get_weather", { city: "Oslo" }), call("get_weather", { city: "Rome" }), "Cold and warm.");
  const last = await client.beta.messages.toolRunner({ ...hello, tools: [tool] });
  assert.equal(last.content[0].text, "Cold and warm.");
  assert.deepEqual(asked, ["Oslo", "Rome"]);
  await script(call("get_weather", { city: "Bonn" }), "Mild.");
  for await (const each of client.beta.messages.toolRunner({ ...hello, tools: [tool], stream: true })) {
    await each.finalMessage();
  }
  assert.equal(asked.at(-1), "Bonn");
}

async function lookups() {
  const { input_tokens } = await client.messages.countTokens({ model, messages: hello.messages });
  assert.ok(input_tokens > 0);
  const ids = [];
  for await (const each of client.models.list({ limit: 3 })) ids.push(each.id);
  assert.ok(ids.includes(model) && ids.length > 3);
  assert.ok((await client.models.retrieve(model)).display_name);
}

async function batches() {
  const requests = ["one", "two"].map((custom_id) => ({ custom_id, params: hello }));
  const made = await client.messages.batches.create({ requests });
  assert.equal((await client.messages.batches.retrieve(made.id)).processing_status, "ended");
  const ids = [];
  for await (const row of await client.messages.batches.results(made.id)) {
    assert.equal(row.result.message.usage.service_tier, "batch");
    ids.push(row.custom_id);
  }
  assert.deepEqual(ids.sort(), ["one", "two"]);
  for await (const batch of client.messages.batches.list({ limit: 1 })) assert.match(batch.id, /^msgbatch_01/);
  assert.equal((await client.messages.batches.delete(made.id)).type, "message_batch_deleted");
}

async function errors() {
  await assert.rejects(client.messages.create({ ...hello, model: "claude-none" }), Anthropic.NotFoundError);
  await assert.rejects(client.messages.create({ ...hello, max_tokens: -1 }), (error) => {
    assert.ok(error instanceof Anthropic.BadRequestError);
    assert.match(error.requestID, /^req_01/);
    return true;
  });
  const stranger = new Anthropic({ apiKey: "sk-ant-mock-invalid", maxRetries: 0 });
  await assert.rejects(stranger.messages.create(hello), Anthropic.AuthenticationError);
}

for (const part of [create, stream, structured, toolRunner, lookups, batches, errors]) await part();
