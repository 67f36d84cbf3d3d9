// Ollama's package for Node against a gateway; ends with status 0 if all is as it should be.
import assert from "node:assert/strict";
import { Ollama } from "ollama";

const { GATEWAY_URL, GATEWAY_KEY, EXPECTED } = process.env;
const connect = key =>
  new Ollama({ host: GATEWAY_URL, headers: { Authorization: "Bearer " + key } });
const ASK = {
  model: "tiny",
  messages: [{ role: "user", content: "the sun" }],
  options: { num_predict: 12, temperature: 0 }
};
const client = connect(GATEWAY_KEY);

const steps = {
  async everything() {
    assert((await client.list()).models.some(model => model.name === "tiny"));
    assert((await client.show({ model: "tiny" })).details.format);
    assert((await client.ps()).models.some(model => model.name === "tiny"));
    assert((await client.version()).version);

    const answer = await client.chat(ASK);
    assert.equal(answer.message.content, EXPECTED);
    assert(answer.done && answer.eval_count > 0);
    let text = "", last = null;
    for await (const part of await client.chat({ ...ASK, stream: true })) {
      text += part.message.content;
      last = part;
    }
    assert.equal(text, EXPECTED);
    assert(last.done && last.eval_count === answer.eval_count);
    const prompt = { model: "tiny", prompt: "once upon", options: ASK.options };
    const whole = (await client.generate(prompt)).response;
    let streamed = "";
    for await (const part of await client.generate({ ...prompt, stream: true })) {
      streamed += part.response;
    }
    assert.equal(streamed, whole);

    await assert.rejects(client.chat({ ...ASK, model: "other" }), error =>
      error.status_code === 404 && /Model not found/.test(error.message));
    await assert.rejects(client.embed({ model: "tiny", input: "a" }), /not supported/);
    await assert.rejects(connect("tmac-wrong").list(), /Invalid API key/);
    await assert.rejects(async () => {
      for await (const part of await client.chat({ ...ASK, model: "broken", stream: true })) {
        assert(part);
      }
    });
  },

  // All calls are refused with 429; this client does not come again by itself.
  async refused() {
    await assert.rejects(client.chat(ASK), error =>
      error.status_code === 429 && /Rate limit/.test(error.message));
  }
};

await steps[process.argv[2]]();
console.log("ollama", process.argv[2], "ok");
