"""Ollama's package for Python against a gateway; ends with status 0 if all is as it should be."""

import os
import sys

import ollama

URL = os.environ["GATEWAY_URL"]
HEADERS = {"Authorization": "Bearer " + os.environ["GATEWAY_KEY"]}
EXPECTED = os.environ["EXPECTED"]
ASK = dict(
    model="tiny",
    messages=[{"role": "user", "content": "the sun"}],
    options={"num_predict": 12, "temperature": 0},
)


def fails(call):
    try:
        call()
    except ollama.ResponseError as e:
        return e
    raise AssertionError("an error was expected")


def everything():
    client = ollama.Client(host=URL, headers=HEADERS)
    assert "tiny" in [model.model for model in client.list().models]
    assert client.show("tiny").details.format
    assert "tiny" in [model.model for model in client.ps().models]

    answer = client.chat(**ASK)
    assert answer.message.content == EXPECTED, answer
    assert answer.done and answer.eval_count > 0 and answer.prompt_eval_count > 0
    parts = list(client.chat(**ASK, stream=True))
    assert "".join(part.message.content for part in parts) == EXPECTED, parts
    assert parts[-1].done and parts[-1].eval_count == answer.eval_count

    prompt = dict(model="tiny", prompt="once upon", options={"num_predict": 5, "temperature": 0})
    whole = client.generate(**prompt).response
    streamed = "".join(part.response for part in client.generate(**prompt, stream=True))
    assert whole == streamed, (whole, streamed)

    wrong = fails(lambda: client.chat(model="other", messages=ASK["messages"]))
    assert wrong.status_code == 404 and "Model not found" in wrong.error, wrong
    wrong = fails(lambda: client.embed(model="tiny", input="a"))
    assert wrong.status_code == 501, wrong
    stranger = ollama.Client(host=URL, headers={"Authorization": "Bearer tmac-wrong"})
    assert fails(stranger.list).status_code == 401
    fails(lambda: list(client.chat(**{**ASK, "model": "broken"}, stream=True)))


def refused():
    """All calls are refused with 429; this client does not come again by itself."""
    client = ollama.Client(host=URL, headers=HEADERS)
    error = fails(lambda: client.chat(**ASK))
    assert error.status_code == 429 and "Rate limit" in error.error, error


{"everything": everything, "refused": refused}[sys.argv[1]]()
print("ollama", sys.argv[1], "ok")
