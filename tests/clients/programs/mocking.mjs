// What a client program tells the mock, over the control API. See mocking.py.

export async function control(method, path, body) {
  const response = await fetch(`${process.env.ANTHROPIC_BASE_URL}/_mock/${path}`, {
    method,
    headers: { "x-api-key": process.env.ANTHROPIC_API_KEY, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.json();
}

export async function script(...replies) {
  await control("POST", "replies", { replies });
}

export function call(name, input) {
  return { tool_use: [{ name, input }] };
}
