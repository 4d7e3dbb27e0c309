// What a client program tells the mock, over the control API. See mocking.py.

export async function script(...replies) {
  const response = await fetch(`${process.env.ANTHROPIC_BASE_URL}/_mock/replies`, {
    method: "POST",
    headers: { "x-api-key": process.env.ANTHROPIC_API_KEY, "content-type": "application/json" },
    body: JSON.stringify({ replies }),
  });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
}

export function call(name, input) {
  return { tool_use: [{ name, input }] };
}
