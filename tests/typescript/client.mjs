// Sends what it reads as JSON, a list of {how, request}, with the official SDK, as a
// user's program would, and writes what came of each as JSON.
import { json } from "node:stream/consumers";
import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ maxRetries: 0, timeout: 30_000 });

const ways = {
  create: (request) => client.messages.create(request),
  stream: async (request) => {
    const events = [];
    const stream = client.messages.stream(request);
    stream.on("streamEvent", (event) => events.push(structuredClone(event)));
    return { final: await stream.finalMessage(), events };
  },
  abort: async (request) => {
    const stream = client.messages.stream(request);
    stream.once("streamEvent", () => stream.abort());
    return await stream.finalMessage();
  },
  models: async () => (await client.models.list()).data.map((model) => model.id),
};

const answers = [];
for (const { how, request } of await json(process.stdin)) {
  try {
    answers.push(await ways[how](request));
  } catch (error) {
    answers.push({ raised: error.constructor.name, status: error.status, type: error.type });
  }
}
console.log(JSON.stringify(answers));
