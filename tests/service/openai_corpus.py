"""The same requests in the words of two APIs: the Messages API's, and OpenAI's."""

from typing import Any

from tests.service.corpus import (
    BASH,
    IMAGE,
    OBJECT,
    OTHER,
    PDF,
    PIXEL,
    TOOL,
    USE,
    Request,
    assistant,
    image,
    text,
    user,
)


def function(tool: Request) -> Request:
    """Return a tool as OpenAI describes it."""
    described = {n: v for n, v in tool.items() if n != "input_schema"}
    described["parameters"] = tool["input_schema"]
    return {"type": "function", "function": described}


def call(use: Request, arguments: str) -> Request:
    """Return a model's call as OpenAI tells it."""
    made = {"name": use["name"], "arguments": arguments}
    return {"id": use["id"], "type": "function", "function": made}


def says(role: str, content: Any, **more: Any) -> Request:
    return {"role": role, "content": content, **more}


def shown(url: str) -> Request:
    return {"type": "image_url", "image_url": {"url": url}}


def filed(kind: str, data: str, **more: str) -> Request:
    told = {"file_data": f"data:{kind};base64,{data}", **more}
    return {"type": "file", "file": told}


HELLO = says("user", "Hello")
INLINE = shown(f"data:image/png;base64,{PIXEL}")
ANSWERED = says(
    "assistant", None, tool_calls=[call(USE, '{"command": "ls"}'), call(OTHER, "")]
)
RESULTS = (
    {"type": "tool_result", "tool_use_id": "toolu_1", "content": "a"},
    {"type": "tool_result", "tool_use_id": "toolu_2", "content": [text("b"), IMAGE]},
)

# By name: the fields of the Messages API, and those of Chat Completions.
CORPUS: dict[str, tuple[Request, Request]] = {
    "least": ({}, {}),
    "stream": ({"stream": True}, {"stream": True}),
    "system": (
        {"system": "Be kind.\n\n  "},
        {"messages": [says("system", "Be kind.\n\n  "), HELLO]},
    ),
    "systems": (
        {"system": [text("One."), text("Two."), text("Three.")]},
        {
            "messages": [
                says("developer", [text("One."), text("Two.")]),
                HELLO,
                says("system", "Three."),
            ]
        },
    ),
    "temperature": ({"temperature": 0.2}, {"temperature": 0.2}),
    "a_high_temperature": ({}, {"temperature": 1.8}),
    "top_p": ({"top_p": 0.9}, {"top_p": 0.9}),
    "defaults": ({}, {"temperature": 1, "top_p": 1, "n": 1, "presence_penalty": 0}),
    "stop": ({"stop_sequences": ["END"]}, {"stop": "END"}),
    "stops": ({"stop_sequences": ["END", "\n\n"]}, {"stop": ["END", "\n\n"]}),
    "tier": ({"service_tier": "standard_only"}, {"service_tier": "default"}),
    "max_tokens": ({"max_tokens": 4321}, {"max_completion_tokens": 4321}),
    "no_max_tokens": ({"max_tokens": 32_000}, {"max_tokens": None}),
    "user": ({"metadata": {"user_id": "u-1"}}, {"user": "u-1"}),
    "turns": (
        {"messages": [user("a"), assistant(text("b")), user(text("c"), text("d"))]},
        {
            "messages": [
                says("user", "a"),
                says("assistant", [text("b")]),
                says("user", [text("c"), text("d")]),
            ]
        },
    ),
    "two_user_turns": (
        {"messages": [user("a"), user("b")]},
        {"messages": [says("user", "a"), says("user", "b")]},
    ),
    "prefill": (
        {"messages": [user("a"), {"role": "assistant", "content": "{"}]},
        {"messages": [says("user", "a"), says("assistant", "{")]},
    ),
    "images": (
        {
            "messages": [
                user(
                    text("What?"),
                    IMAGE,
                    image({"type": "url", "url": "https://example.com/a.png"}),
                )
            ]
        },
        {
            "messages": [
                says(
                    "user", [text("What?"), INLINE, shown("https://example.com/a.png")]
                )
            ]
        },
    ),
    "files": (
        {
            "messages": [
                user(
                    {"type": "document", "source": PDF, "title": "t.pdf"},
                    {
                        "type": "document",
                        "source": {
                            "type": "text",
                            "media_type": "text/plain",
                            "data": "Köln",
                        },
                    },
                )
            ]
        },
        {
            "messages": [
                says(
                    "user",
                    [
                        filed("application/pdf", PDF["data"], filename="t.pdf"),
                        filed("text/plain", "S8O2bG4="),
                    ],
                )
            ]
        },
    ),
    "tools": ({"tools": [TOOL, BASH]}, {"tools": [function(TOOL), function(BASH)]}),
    "a_strict_tool": (
        {"tools": [BASH | {"strict": True}]},
        {"tools": [function(BASH | {"strict": True})]},
    ),
    "tool_choice": (
        {
            "tools": [TOOL],
            "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
        },
        {
            "tools": [function(TOOL)],
            "tool_choice": "required",
            "parallel_tool_calls": False,
        },
    ),
    "tool_choice_tool": (
        {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "get_weather"}},
        {
            "tools": [function(TOOL)],
            "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
        },
    ),
    "tool_choice_none": (
        {"tools": [TOOL], "tool_choice": {"type": "none"}},
        {"tools": [function(TOOL)], "tool_choice": "none"},
    ),
    "tool_results": (
        {
            "tools": [TOOL, BASH],
            "messages": [
                user("a"),
                assistant(USE, OTHER),
                user(*RESULTS, text("And?")),
            ],
        },
        {
            "tools": [function(TOOL), function(BASH)],
            "messages": [
                says("user", "a"),
                ANSWERED,
                says("tool", "a", tool_call_id="toolu_1"),
                says("tool", [text("b"), INLINE], tool_call_id="toolu_2"),
                says("user", "And?"),
            ],
        },
    ),
    "structured": (
        {"output_config": {"format": OBJECT}},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": OBJECT["schema"]},
            }
        },
    ),
    "effort": (
        {"model": "claude-opus-4-8", "output_config": {"effort": "low"}},
        {"model": "claude-opus-4-8", "reasoning_effort": "minimal"},
    ),
    "no_thinking": (
        {"model": "claude-opus-5-5", "thinking": {"type": "disabled"}},
        {"model": "claude-opus-5-5", "reasoning_effort": "none"},
    ),
    "a_model_that_always_thinks": (
        {"model": "claude-opus-5-5"},
        {"model": "claude-opus-5-5"},
    ),
    "strange_characters": (
        {"messages": [user("\u2028 \x00 \U0001f600 \\u0041 \t'\"")]},
        {"messages": [says("user", "\u2028 \x00 \U0001f600 \\u0041 \t'\"")]},
    ),
    "a_command": (
        {"messages": [user("/clear")]},
        {"messages": [says("user", "/clear")]},
    ),
    "long": (
        {"messages": [user('A line, and "another".\n' * 20_000)]},
        {"messages": [says("user", 'A line, and "another".\n' * 20_000)]},
    ),
}
