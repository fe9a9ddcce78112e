// Sends what it reads as JSON, a list of {how, request}, with OpenAI's official SDK, as a
// user's program would, and writes what came of each as JSON.
import { json } from "node:stream/consumers";
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0, timeout: 30_000 });
const completions = client.chat.completions;
const responses = client.responses;

const ways = {
  create: (request) => completions.create(request),
  stream: (request) => completions.stream(request).finalChatCompletion(),
  abort: async (request) => {
    const stream = completions.stream(request);
    stream.once("chunk", () => stream.abort());
    return await stream.finalChatCompletion();
  },
  tool: async (request) => {
    const asked = [];
    const get_weather = {
      type: "function",
      function: {
        name: "get_weather",
        parameters: { type: "object", properties: { city: { type: "string" } } },
        parse: JSON.parse,
        function: (given) => (asked.push(given), "sunny"),
      },
    };
    const runner = completions.runTools({ ...request, stream: true, tools: [get_weather] });
    return { final: await runner.finalContent(), asked };
  },
  parse_response: (request) => responses.parse(request),
  stream_response: (request) => responses.stream(request).finalResponse(),
  abort_response: async (request) => {
    const stream = responses.stream(request);
    stream.once("event", () => stream.abort());
    return await stream.finalResponse();
  },
  tool_response: async (request) => {
    const input = [{ role: "user", content: request.input }];
    const asked = [];
    for (;;) {
      const { output, output_text } = await responses.create({ ...request, input });
      const calls = output.filter((item) => item.type === "function_call");
      if (!calls.length) return { final: output_text, asked };
      asked.push(...calls.map((call) => JSON.parse(call.arguments)));
      input.push(...output, ...calls.map(({ call_id }) => ({
        type: "function_call_output", call_id, output: "sunny",
      })));
    }
  },
  models: async () => (await client.models.list()).data.map((model) => model.id),
};

const answers = [];
for (const { how, request } of await json(process.stdin)) {
  try {
    answers.push(await ways[how](request));
  } catch (error) {
    const { status, code, param } = error;
    answers.push({ raised: error.constructor.name, status, code, param });
  }
}
console.log(JSON.stringify(answers));
