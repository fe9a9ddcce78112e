"""What the items of a request of Responses become."""

from tests.openai.asked import CALL, PDF, PNG, USE, text, turns


def test_a_users_parts():
    parts = [
        {"type": "input_text", "text": "Look:"},
        {"type": "input_image", "image_url": PNG, "detail": "auto"},
        {"type": "input_image", "image_url": "https://example.com/a.png"},
        {"type": "input_file", "file_data": PDF, "filename": "a.pdf"},
        {"type": "input_file", "file_url": "https://example.com/a.pdf"},
    ]
    pdf = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}
    png = {"type": "base64", "media_type": "image/png", "data": "iVBORw0K"}
    [turn] = turns({"type": "message", "role": "user", "content": parts})
    assert turn["content"] == [
        text("Look:"),
        {"type": "image", "source": png},
        {
            "type": "image",
            "source": {"type": "url", "url": "https://example.com/a.png"},
        },
        {"type": "document", "source": pdf, "title": "a.pdf"},
        {
            "type": "document",
            "source": {"type": "url", "url": "https://example.com/a.pdf"},
        },
    ]


def test_what_the_model_thought_said_and_called_is_one_turn():
    thought = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "Hm."}],
        "encrypted_content": "c2ln",
        "content": None,
    }
    said = {
        "type": "message",
        "role": "assistant",
        "id": "msg_1",
        "status": "completed",
        "content": [
            {"type": "output_text", "text": "See.", "annotations": [], "logprobs": []},
            {"type": "refusal", "refusal": "No."},
        ],
    }
    [_, answered, _] = turns(
        {"role": "user", "content": "a"},
        thought,
        said,
        CALL,
        {"role": "user", "content": "b"},
    )
    assert answered["role"] == "assistant"
    assert answered["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        text("See."),
        text("No."),
        USE,
    ]


def test_a_thought_in_several_parts_is_their_text():
    shown = [{"type": "summary_text", "text": each} for each in ("Hm, ", "Köln.")]
    thought = {"type": "reasoning", "summary": shown, "encrypted_content": "c2ln"}
    [turn] = turns(thought)
    assert turn["content"][0]["thinking"] == "Hm, Köln."


def test_what_calls_gave_back_is_one_turn_with_what_the_user_says_then():
    outputs = [
        {"type": "function_call_output", "call_id": "toolu_1", "output": "rain"},
        {
            "type": "function_call_output",
            "call_id": "toolu_2",
            "output": [{"type": "input_image", "image_url": PNG, "detail": "auto"}],
        },
    ]
    [*_, turn] = turns(CALL, *outputs, {"role": "user", "content": "And?"})
    one, two, said = turn["content"]
    assert one == {
        "type": "tool_result",
        "tool_use_id": "toolu_1",
        "content": "rain",
    }
    assert two["content"][0]["type"] == "image"
    assert said == text("And?")


def test_what_says_nothing_is_left_out():
    nothing = {"type": "output_text", "text": "", "annotations": []}
    said = {"type": "input_text", "text": "b"}
    assert turns(
        {"role": "user", "content": [{"type": "input_text", "text": ""}, said]},
        {"role": "assistant", "content": [nothing]},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "content": []},
    ) == [{"role": "user", "content": [text("b")]}]
