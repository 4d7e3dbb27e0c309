// The retry table of the official TypeScript SDK: attempts, and the seconds it waits between them. See retry_table.py.

import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { control } from "./mocking.mjs";

const hello = { model: "claude-opus-4-8", max_tokens: 64, messages: [{ role: "user", content: "Hello" }] };
const [first, second] = [[0.375, 0.5], [0.75, 1]];
const real = globalThis.setTimeout;
let slept = [];

globalThis.setTimeout = (done, milliseconds, ...more) => {
  // fetch has timers too, and the SDK its timeout
  if (!new Error().stack.includes("utils/sleep.mjs")) return real(done, milliseconds, ...more);
  slept.push(milliseconds / 1000);
  return real(done, 0, ...more);
};

async function check(fault, waits = [], { attempts = waits.length + 1, retries = 2 } = {}) {
  await control("POST", "reset");
  await control("POST", "faults", { faults: [fault] });
  slept = [];
  await new Anthropic({ maxRetries: retries }).messages.create(hello).catch(() => {});
  const made = (await control("GET", "exchanges")).exchanges.length;
  const what = JSON.stringify([fault, made, slept]);
  assert.equal(made, attempts, what);
  assert.equal(slept.length, waits.length, what);
  waits.forEach(([low, high], number) => assert.ok(low <= slept[number] && slept[number] <= high, what));
}

for (const status of [400, 401, 403, 404, 413, 422])
  await check({ fault: "api_error", status, times: null, headers: { "x-should-retry": "" } });
for (const status of [408, 409, 429, 500, 529])
  await check({ fault: "api_error", status, times: null }, [first, second]);
const growing = [0.5, 1, 2, 4, 8, 8].map((base) => [base * 0.75, base]);
await check({ fault: "overloaded", times: null }, growing, { retries: 6 });
await check({ fault: "rate_limited", retry_after: 2 }, [[2, 2]]);
await check({ fault: "rate_limited", retry_after: 5, retry_after_ms: 300 }, [[0.3, 0.3]]);
await check({ fault: "rate_limited", retry_after: 0 }, [first]);
await check({ fault: "rate_limited", retry_after: 70 }, [[70, 70]]);
await check({ fault: "rate_limited", retry_after_date: 30 }, [[28.5, 30]]);
await check({ fault: "overloaded", should_retry: false, times: null });
await check({ fault: "close_before_response", times: null }, [first, second]);
await check({ fault: "cut", times: null }); // a body that breaks off is not asked for again
