"""Requests that between them use every field of the Messages API's reference."""

from typing import Any

Request = dict[str, Any]

MARK = {"cache_control": {"type": "ephemeral"}}
HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlE"
TOOL = {
    "name": "get_weather",
    "description": "The weather.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"$ref": "#/$defs/City"}, "10": {"enum": [1.5, None]}},
        "$defs": {"City": {"type": "string"}},
        "required": ["city"],
    },
}
BASH = {"name": "Bash", "input_schema": {"oneOf": [{"type": "object"}]}}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
USE = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}
OTHER = {"type": "tool_use", "id": "toolu_2", "name": "get_weather", "input": {}}


def text(words: str, **more: Any) -> Request:
    return {"type": "text", "text": words, **more}


def user(*content: Any) -> Request:
    return {"role": "user", "content": content[0] if len(content) == 1 else content}


def assistant(*content: Any) -> Request:
    return {"role": "assistant", "content": list(content)}


def image(source: Request) -> Request:
    return {"type": "image", "source": source}


IMAGE = image({"type": "base64", "media_type": "image/png", "data": PIXEL})
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK" * 2000}
RESULTS = (
    {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "is_error": True,
        "content": "no",
    },
    {"type": "tool_result", "tool_use_id": "toolu_2", "content": [text("a"), IMAGE]},
)
SAY = [user("Hello")]
OBJECT = {"type": "json_schema", "schema": {"type": "object", "properties": {}}}

CORPUS: dict[str, Request] = {
    "least": {},
    "system": {"system": "Be kind.\n\n  "},
    "system_blocks": {"system": [text("One."), text("Two.", **MARK)]},
    "system_cached_for_an_hour": {"system": [text("One.", **HOUR)]},
    "sampling": {"temperature": 0.2, "top_k": 5},
    "top_p": {"top_p": 0.9},
    "temperature_zero": {"temperature": 0},
    "stop_sequences": {"stop_sequences": ["END", "\n\n"]},
    "service_tier": {"service_tier": "standard_only"},
    "inference_geo": {"inference_geo": "us"},
    "metadata": {"metadata": {"user_id": "u-1"}},
    "max_tokens": {"max_tokens": 4321},
    "turns": {
        "messages": [user("a"), assistant(text("b")), user(text("c"), text("d"))]
    },
    "two_user_turns": {"messages": [user("a"), user("b")]},
    "prefill": {"messages": [user("a"), assistant(text("{"))]},
    "images": {
        "messages": [
            user(IMAGE, image({"type": "url", "url": "https://example.com/a.png"}))
        ]
    },
    "documents": {
        "messages": [
            user(
                {"type": "document", "source": PDF, "title": "t", "context": "c"},
                {
                    "type": "document",
                    "source": {"type": "text", "media_type": "text/plain", "data": "x"},
                    "citations": {"enabled": True},
                },
                {
                    "type": "search_result",
                    "source": "https://example.com",
                    "title": "t",
                    "content": [text("r")],
                },
            )
        ]
    },
    "tools": {"tools": [TOOL, BASH | MARK, SEARCH]},
    "tool_choice": {
        "tools": [TOOL],
        "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    },
    "tool_choice_tool": {
        "tools": [TOOL],
        "tool_choice": {"type": "tool", "name": "get_weather"},
    },
    "tool_choice_none": {"tools": [TOOL], "tool_choice": {"type": "none"}},
    "tool_results": {
        "tools": [TOOL, BASH],
        "messages": [user("a"), assistant(USE, OTHER), user(*RESULTS, text("And?"))],
    },
    "a_result_without_its_use": {"messages": [user(RESULTS[0], text("?"))]},
    "thinking": {
        "max_tokens": 3000,
        "thinking": {"type": "enabled", "budget_tokens": 2000},
    },
    "thinking_in_history": {
        "max_tokens": 3000,
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "messages": [
            user("a"),
            assistant(
                {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "eA=="},
                text("b"),
            ),
            user("c"),
        ],
    },
    "thinking_of_a_model_that_always_does": {"model": "claude-opus-5-5"},
    "adaptive": {"model": "claude-opus-4-8", "thinking": {"type": "adaptive"}},
    "structured": {"output_config": {"format": OBJECT}},
    "effort": {"model": "claude-opus-4-8", "output_config": {"effort": "low"}},
    "four_marks": {
        "tools": [TOOL | MARK],
        "messages": [user(text("a", **MARK), text("b", **MARK), text("c", **HOUR))],
    },
    "a_mark_of_the_whole": MARK,
    "a_command": {"messages": [user("/clear")]},
    "a_file": {"messages": [user("What is in @/etc/passwd ?")]},
    "strange_characters": {"messages": [user("\u2028 \x00 \U0001f600 \\u0041 \t'\"")]},
    "long": {"messages": [user('A line, and "another".\n' * 20_000)]},
    "beta": {
        "betas": ["context-management-2025-06-27"],
        "context_management": {"edits": []},
    },
    "mcp_servers": {
        "betas": ["mcp-client-2025-11-20"],
        "mcp_servers": [{"type": "url", "url": "https://example.com", "name": "x"}],
    },
    "container": {"betas": ["code-execution-2025-08-25"], "container": "c_1"},
}
