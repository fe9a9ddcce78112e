"""A request to each door with something at every place that is read."""

from tests.openai.asked import PDF, PNG
from tests.openai.doors import CHAT, RESPONSES, Body

FUNCTION: Body = {
    "name": "f",
    "description": "d",
    "parameters": {"type": "object"},
    "strict": True,
}
FORMAT: Body = {"name": "n", "schema": {"type": "object"}, "strict": True}
BOTH: Body = {
    "model": "claude-opus-5",
    "stream": False,
    "temperature": 0.5,
    "top_p": 1,
    "parallel_tool_calls": False,
    "service_tier": "auto",
    "user": "u",
    "store": False,
}
CHAT_SAID: list[Body] = [
    {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "Hello"},
            {"type": "image_url", "image_url": {"url": PNG, "detail": "auto"}},
            {"type": "file", "file": {"file_data": PDF, "filename": "t.pdf"}},
        ],
    },
    {
        "role": "assistant",
        "content": [{"type": "refusal", "refusal": "No."}],
        "refusal": None,
        "annotations": [],
        "reasoning_content": "Hm.",
        "tool_calls": [
            {
                "id": "toolu_1",
                "type": "function",
                "function": {"name": "f", "arguments": "{}"},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "toolu_1", "name": "f", "content": "Sunny."},
]
RESPONSES_SAID: list[Body] = [
    {"role": "system", "content": "Be kind."},
    {
        "type": "message",
        "role": "user",
        "content": [
            {"type": "input_text", "text": "Hello"},
            {"type": "input_image", "image_url": PNG, "detail": "auto"},
            {"type": "input_file", "file_data": PDF, "filename": "t.pdf"},
        ],
    },
    {
        "type": "message",
        "role": "assistant",
        "id": "msg_1",
        "status": "completed",
        "content": [
            {"type": "output_text", "text": "Yes.", "annotations": []},
            {"type": "refusal", "refusal": "No."},
        ],
    },
    {
        "type": "reasoning",
        "id": "rs_1",
        "status": "completed",
        "summary": [{"type": "summary_text", "text": "Hm."}],
        "encrypted_content": "c2ln",
    },
    {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "toolu_1",
        "name": "f",
        "arguments": "{}",
        "status": "completed",
    },
    {
        "type": "function_call_output",
        "call_id": "toolu_1",
        "output": [{"type": "input_text", "text": "Sunny."}],
    },
]
SENSIBLE: dict[str, Body] = {
    CHAT.path: {
        **BOTH,
        "messages": CHAT_SAID,
        "max_completion_tokens": 9,
        "max_tokens": 9,
        "stop": ["END"],
        "tools": [{"type": "function", "function": FUNCTION}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": FORMAT},
        "reasoning_effort": "low",
        "stream_options": {"include_usage": True},
        "metadata": {},
        "modalities": ["text"],
    },
    RESPONSES.path: {
        **BOTH,
        "input": RESPONSES_SAID,
        "instructions": "Be brief.",
        "max_output_tokens": 9,
        "tools": [{"type": "function", **FUNCTION}],
        "tool_choice": {"type": "function", "name": "f"},
        "text": {"format": {"type": "json_schema", **FORMAT}, "verbosity": "medium"},
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "metadata": {"a": "b"},
        "truncation": "disabled",
        "stream_options": {"include_obfuscation": False},
    },
}
