"""OpenAI's package for Python against a gateway; ends with status 0 if all is as it should be."""

import os
import sys

import openai

URL = os.environ["GATEWAY_URL"] + "/v1"
KEY = os.environ["GATEWAY_KEY"]
EXPECTED = os.environ["EXPECTED"]
ASK = dict(
    model="tiny",
    messages=[{"role": "user", "content": "the sun"}],
    max_tokens=12,
    temperature=0,
)


def fails(error, call):
    try:
        call()
    except error as e:
        return e
    raise AssertionError(f"{error.__name__} was expected")


def everything():
    client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0)
    assert "tiny" in [model.id for model in client.models.list()]
    assert client.models.retrieve("tiny").owned_by == "tmac"

    answer = client.chat.completions.create(**ASK)
    assert answer.choices[0].message.content == EXPECTED, answer
    assert answer.choices[0].finish_reason in ("stop", "length")
    usage = answer.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, usage

    chunks = list(
        client.chat.completions.create(
            **ASK, stream=True, stream_options={"include_usage": True}
        )
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == EXPECTED, text
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[-1].usage.completion_tokens == usage.completion_tokens

    text = client.completions.create(model="tiny", prompt="once upon", max_tokens=3)
    assert text.choices[0].text is not None

    wrong = fails(openai.NotFoundError, lambda: client.models.retrieve("other"))
    assert wrong.code == "model_not_found" and wrong.request_id, wrong
    wrong = fails(
        openai.BadRequestError,
        lambda: client.chat.completions.create(**{**ASK, "temperature": 5}),
    )
    assert wrong.param == "temperature", wrong
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    fails(
        openai.BadRequestError,
        lambda: client.chat.completions.create(**ASK, tools=tools),
    )
    stranger = openai.OpenAI(base_url=URL, api_key="tmac-wrong", max_retries=0)
    fails(openai.AuthenticationError, lambda: stranger.models.list())
    broken = client.chat.completions.create(**{**ASK, "model": "broken"}, stream=True)
    fails(openai.APIError, lambda: list(broken))


def retry():
    """Two calls are refused with 429; the client waits and comes again."""
    client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=2)
    assert client.chat.completions.create(**ASK).choices[0].message.content == EXPECTED


def refused():
    """All calls are refused with 429."""
    client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=0)
    error = fails(openai.RateLimitError, lambda: client.chat.completions.create(**ASK))
    assert error.code == "rate_limit_exceeded", error


{"everything": everything, "retry": retry, "refused": refused}[sys.argv[1]]()
print("openai", openai.__version__, sys.argv[1], "ok")
