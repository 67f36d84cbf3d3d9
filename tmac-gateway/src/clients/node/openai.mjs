// OpenAI's package for Node against a gateway; ends with status 0 if all is as it should be.
import assert from "node:assert/strict";
import OpenAI from "openai";

const { GATEWAY_URL, GATEWAY_KEY, EXPECTED } = process.env;
const connect = options =>
  new OpenAI({ baseURL: GATEWAY_URL + "/v1", apiKey: GATEWAY_KEY, maxRetries: 0, ...options });
const ASK = {
  model: "tiny",
  messages: [{ role: "user", content: "the sun" }],
  max_tokens: 12,
  temperature: 0
};

const steps = {
  async everything() {
    const client = connect();
    const models = [];
    for await (const model of client.models.list()) models.push(model.id);
    assert(models.includes("tiny"));
    assert.equal((await client.models.retrieve("tiny")).owned_by, "tmac");

    const answer = await client.chat.completions.create(ASK);
    assert.equal(answer.choices[0].message.content, EXPECTED);
    assert.equal(
      answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);

    const stream = await client.chat.completions.create({
      ...ASK, stream: true, stream_options: { include_usage: true }
    });
    let text = "", usage = null;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, EXPECTED);
    assert.deepEqual(usage.completion_tokens, answer.usage.completion_tokens);
    const helper = client.chat.completions.stream(ASK);
    assert.equal(await helper.finalContent(), EXPECTED);

    await assert.rejects(client.models.retrieve("other"), error =>
      error instanceof OpenAI.NotFoundError && error.code === "model_not_found");
    await assert.rejects(
      client.chat.completions.create({ ...ASK, temperature: 5 }),
      error => error instanceof OpenAI.BadRequestError && error.param === "temperature");
    await assert.rejects(
      connect({ apiKey: "tmac-wrong" }).models.list(), OpenAI.AuthenticationError);
    const broken = await client.chat.completions.create({ ...ASK, model: "broken", stream: true });
    await assert.rejects(async () => {
      for await (const chunk of broken) assert(chunk);
    }, OpenAI.APIError);
  },

  // Two calls are refused with 429; the client waits and comes again.
  async retry() {
    const answer = await connect({ maxRetries: 2 }).chat.completions.create(ASK);
    assert.equal(answer.choices[0].message.content, EXPECTED);
  },

  // All calls are refused with 429.
  async refused() {
    await assert.rejects(connect().chat.completions.create(ASK), error =>
      error instanceof OpenAI.RateLimitError && error.code === "rate_limit_exceeded");
  }
};

await steps[process.argv[2]]();
console.log("openai", process.argv[2], "ok");
